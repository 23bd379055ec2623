import * as fs from 'fs';
import * as path from 'path';
import { runChild } from './support/child';
import { ROOT, WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { alternate, median } from './support/statistics';

const ROUNDS = 21;

interface LoadMeasurement {
  readonly wallMillis: number;
  readonly cpuMillis: number;
  /** Files of aws-cdk-lib and constructs that were loaded, in the order of loading. */
  readonly files: string[];
}

/** Loads the modules it is given and prints what that took. Plain JavaScript, so that nothing else is loaded before. */
const SCRIPT = `
const { modules } = JSON.parse(process.argv[2]);
const cpu = process.cpuUsage();
const start = process.hrtime.bigint();
for (const module of modules) require(module);
const wallMillis = Number(process.hrtime.bigint() - start) / 1e6;
const { user, system } = process.cpuUsage(cpu);
const files = Object.keys(require.cache).filter((file) => /[\\\\/]node_modules[\\\\/](aws-cdk-lib|constructs)[\\\\/]/.test(file));
console.log(JSON.stringify({ wallMillis, cpuMillis: (user + system) / 1000, files }));
`;

/** (c) Loading of the package beside loading of the same files of aws-cdk-lib. */
export async function benchLoad(): Promise<Verdict[]> {
  fs.mkdirSync(WORK, { recursive: true });
  const script = path.join(WORK, 'load.js');
  fs.writeFileSync(script, SCRIPT);
  const load = (modules: string[]) => runChild<LoadMeasurement>(script, { modules });
  const library = [path.join(ROOT, 'lib/index.js')];
  const { files } = await load(library);
  const alone = await load(files);
  const extra = alone.files.filter((file) => !files.includes(file)).length;
  console.log(`The package loads ${files.length} files of aws-cdk-lib and constructs; loading just these loads ${extra} more.`);
  const samples = await alternate(ROUNDS, { library: () => load(library), alone: () => load(files) });
  const row = (what: string, metric: 'wallMillis' | 'cpuMillis') => {
    const [ours, theirs] = [samples.library, samples.alone].map((all) => median(all.map((sample) => sample[metric])));
    return [what, ours, theirs, ours / theirs] as const;
  };
  const rows = [row('load, ms', 'wallMillis'), row('load, processor ms', 'cpuMillis')];
  printTable(`### (c) Loading the package against the same modules of aws-cdk-lib, medians of ${ROUNDS} rounds`, ['', 'package', 'modules', 'ratio'], rows.map((cells) => [...cells]));
  return [
    { what: '(c) load time over the modules', value: rows[0][3], target: 1.1 },
    { what: '(c) load processor time over the modules', value: rows[1][3], target: 1.1 },
  ];
}
