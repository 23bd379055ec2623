import * as fs from 'fs';
import * as path from 'path';
import type { SynthMeasurement } from './apps/measure';
import { compileApp } from './support/build';
import { runChild } from './support/child';
import { stageInputs } from './support/inputs';
import { WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { alternate, fastest, median } from './support/statistics';

const ROUNDS = 11;
const SCALE_ROUNDS = 7;
const API_COUNTS = [1, 10, 50] as const;

type Metric = Exclude<keyof SynthMeasurement, 'resources' | 'modules'>;

/** (a) Synthesis of example 01 beside the same resources written by hand. */
export async function benchSynth(): Promise<Verdict[]> {
  const [example, byHand] = [await synthesiser('synth-example'), await synthesiser('synth-by-hand')];
  const [first, second] = [await example(1), await byHand(1)];
  compareResources(first, second);
  const preload = [...new Set([...first.modules, ...second.modules])];
  const samples = await alternate(ROUNDS, {
    example: () => example(1), byHand: () => byHand(1), exampleReady: () => example(1, preload), byHandReady: () => byHand(1, preload),
  });
  const row = (what: string, metric: Metric, ready: boolean, typical = median) => {
    const [ours, theirs] = [ready ? samples.exampleReady : samples.example, ready ? samples.byHandReady : samples.byHand]
      .map((all) => typical(all.map((sample) => sample[metric])));
    return [what, ours, theirs, ours / theirs] as const;
  };
  const rows = [
    row('synth, fastest round, ms', 'wallMillis', true, fastest),
    row('synth, processor, ms', 'cpuMillis', true),
    row('memory (maximum resident set), MiB', 'maxRssMib', false),
    row('synth, ms', 'wallMillis', true),
    row('whole process with loading, fastest round, ms', 'processMillis', false, fastest),
    row('whole process with loading, processor, ms', 'processCpuMillis', false),
  ];
  printTable(`### (a) Example 01 against the same resources by hand, medians of ${ROUNDS} rounds`, ['', 'library', 'by hand', 'ratio'], rows.map((cells) => [...cells]));
  return [
    { what: '(a) synth time over by hand, fastest round', value: rows[0][3], target: 1.1 },
    { what: '(a) synth processor time over by hand', value: rows[1][3], target: 1.1 },
    { what: '(a) memory over by hand', value: rows[2][3], target: 1.1 },
  ];
}

/** (b) What each API adds, with few and with many. */
export async function benchScale(): Promise<Verdict[]> {
  const apps = { library: await synthesiser('synth-library'), byHand: await synthesiser('synth-by-hand') };
  for (const count of API_COUNTS) {
    compareResources(await apps.library(count), await apps.byHand(count));
  }
  const subjects = Object.fromEntries(Object.entries(apps).flatMap(([name, app]) => API_COUNTS.map((count) => [`${name} ${count}`, () => app(count)])));
  const samples = await alternate(SCALE_ROUNDS, subjects);
  const verdicts: Verdict[] = [];
  const rows = Object.keys(apps).flatMap((name) => (['wallMillis', 'cpuMillis'] as const).map((metric) => {
    const typical = metric === 'wallMillis' ? fastest : median;
    const [one, ten, fifty] = API_COUNTS.map((count) => typical(samples[`${name} ${count}`].map((sample) => sample[metric])));
    const [atTen, atFifty] = [(ten - one) / 9, (fifty - ten) / 40];
    const label = `${name === 'library' ? 'library' : 'by hand'}, ${metric === 'wallMillis' ? 'fastest round, ms' : 'processor, ms'}`;
    if (name === 'library') {
      verdicts.push({ what: `(b) cost of an API at 50 over at 10, ${metric === 'wallMillis' ? 'fastest rounds' : 'processor time'}`, value: atFifty / atTen, target: 1.3 });
    }
    return [label, one, ten, fifty, atTen, atFifty, atFifty / atTen];
  }));
  printTable(`### (b) 1, 10 and 50 APIs in one stack, of ${SCALE_ROUNDS} rounds`, ['', '1', '10', '50', 'each, 1 to 10', 'each, 10 to 50', 'ratio'], rows);
  return verdicts;
}

/** A function that synthesises an app in a process of its own. */
async function synthesiser(name: string): Promise<(apis: number, preload?: string[]) => Promise<SynthMeasurement>> {
  const script = await compileApp(name);
  const inputs = stageInputs();
  return async (apis, preload = []) => {
    const outdir = path.join(WORK, 'out', name);
    fs.rmSync(outdir, { recursive: true, force: true });
    return runChild<SynthMeasurement>(script, { inputs, outdir, apis, preload });
  };
}

function compareResources(library: SynthMeasurement, byHand: SynthMeasurement): void {
  const types = [...new Set([...Object.keys(library.resources), ...Object.keys(byHand.resources)])].sort();
  const differences = types.filter((type) => library.resources[type] !== byHand.resources[type]);
  const total = Object.values(library.resources).reduce((sum, count) => sum + count, 0);
  console.log(differences.length === 0
    ? `Both apps make the same ${total} resources of ${types.length} types.`
    : differences.map((type) => `${type}: library ${library.resources[type] ?? 0}, by hand ${byHand.resources[type] ?? 0}`).join('\n'));
}
