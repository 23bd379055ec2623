import * as fs from 'fs';
import * as path from 'path';
import { runChild } from './support/child';
import { ROOT, WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { alternate, fastest, median } from './support/statistics';

const ROUNDS = 21;

interface LoadMeasurement {
  readonly wallMillis: number;
  readonly cpuMillis: number;
  /** Files of aws-cdk-lib and constructs that were loaded, in the order of loading. */
  readonly files: string[];
}

/**
 * Loads the modules it is given and prints what that took. Plain JavaScript, so that nothing else is loaded before. Of a package
 * the named exports are looked at, because they are loaded only then.
 */
const SCRIPT = `
const { modules, names } = JSON.parse(process.argv[2]);
const cpu = process.cpuUsage();
const start = process.hrtime.bigint();
for (const module of modules) {
  const exported = require(module);
  for (const name of names ?? []) void exported[name];
}
const wallMillis = Number(process.hrtime.bigint() - start) / 1e6;
const { user, system } = process.cpuUsage(cpu);
const files = Object.keys(require.cache).filter((file) => /[\\\\/]node_modules[\\\\/](aws-cdk-lib|constructs)[\\\\/]/.test(file));
console.log(JSON.stringify({ wallMillis, cpuMillis: (user + system) / 1000, files }));
`;

/** Loads the package and some of its exports, and beside it the same files of aws-cdk-lib. */
async function compareLoading(what: string, names: string[], target: number): Promise<Verdict[]> {
  const load = (modules: string[], exported: string[] = []) => runChild<LoadMeasurement>(path.join(WORK, 'load.js'), { modules, names: exported });
  const library = () => load([path.join(ROOT, 'lib/index.js')], names);
  const { files } = await library();
  const alone = await load(files);
  const extra = alone.files.filter((file) => !files.includes(file)).length;
  console.log(`\nThe package loads ${files.length} files of aws-cdk-lib and constructs for ${what}; loading just these loads ${extra} more.`);
  const samples = await alternate(ROUNDS, { library, alone: () => load(files) });
  const row = (metricName: string, metric: 'wallMillis' | 'cpuMillis', typical = median) => {
    const [ours, theirs] = [samples.library, samples.alone].map((all) => typical(all.map((sample) => sample[metric])));
    return [metricName, ours, theirs, ours / theirs] as const;
  };
  const rows = [row('load, fastest round, ms', 'wallMillis', fastest), row('load, processor, ms', 'cpuMillis'), row('load, ms', 'wallMillis')];
  printTable(`### (c) Loading ${what} against the same modules of aws-cdk-lib, medians of ${ROUNDS} rounds`, ['', 'package', 'modules', 'ratio'], rows.map((cells) => [...cells]));
  return [
    { what: `(c) load time over the modules, ${what}, fastest round`, value: rows[0][3], target },
    { what: `(c) load processor time over the modules, ${what}`, value: rows[1][3], target },
  ];
}

/** (c) Loading of what the README's first sample uses, and of all exports, beside loading of the same files of aws-cdk-lib. */
export async function benchLoad(): Promise<Verdict[]> {
  fs.mkdirSync(WORK, { recursive: true });
  fs.writeFileSync(path.join(WORK, 'load.js'), SCRIPT);
  const sample = /import \{(.*)\} from 'cdk-private-backend'/.exec(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'))![1].split(',').map((name) => name.trim());
  const all = fs.readFileSync(path.join(ROOT, 'lib/index.js'), 'utf8').matchAll(/^exports\.(\w+) = /gm);
  return [
    ...await compareLoading("what the README's sample uses", sample, 1.3),
    ...await compareLoading('everything', [...all].map(([, name]) => name), 1.1),
  ];
}
