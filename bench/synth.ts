import * as fs from 'fs';
import * as path from 'path';
import type { SynthMeasurement } from './apps/measure';
import type { Size } from './apps/shape';
import { compileApp } from './support/build';
import { runChild } from './support/child';
import { stageInputs } from './support/inputs';
import { WORK } from './support/paths';
import { printTable, type Verdict } from './support/report';
import { alternate, fastest, median } from './support/statistics';

const ROUNDS = 11;
const SCALE_ROUNDS = 7;
const COUNTS = [1, 10, 50] as const;
const PER_STACK = 10;

type Metric = Exclude<keyof SynthMeasurement, 'resources' | 'modules'>;

/** (a) Synthesis of example 01 beside the same resources written by hand. */
export async function benchSynth(): Promise<Verdict[]> {
  return compareSynth('a', 'Example 01', 'synth-example', 'synth-by-hand');
}

/** (h) Synthesis of example 03 beside the same resources written by hand. */
export async function benchSynthRex(): Promise<Verdict[]> {
  return compareSynth('h', 'Example 03', 'synth-rex', 'synth-rex-by-hand');
}

async function compareSynth(part: string, title: string, ours: string, theirs: string): Promise<Verdict[]> {
  const [library, byHand] = [await synthesiser(ours), await synthesiser(theirs)];
  const size = { services: 1 };
  const [first, second] = [await library(size), await byHand(size)];
  compareResources(first, second);
  const preload = [...new Set([...first.modules, ...second.modules])];
  const samples = await alternate(ROUNDS, {
    library: () => library(size), byHand: () => byHand(size), libraryReady: () => library(size, preload), byHandReady: () => byHand(size, preload),
  });
  const row = (what: string, metric: Metric, ready: boolean, typical = median) => {
    const [mine, other] = [ready ? samples.libraryReady : samples.library, ready ? samples.byHandReady : samples.byHand]
      .map((all) => typical(all.map((sample) => sample[metric])));
    return [what, mine, other, mine / other] as const;
  };
  const rows = [
    row('synth, fastest round, ms', 'wallMillis', true, fastest),
    row('synth, processor, ms', 'cpuMillis', true),
    row('memory (maximum resident set), MiB', 'maxRssMib', false),
    row('synth, ms', 'wallMillis', true),
    row('whole process with loading, fastest round, ms', 'processMillis', false, fastest),
    row('whole process with loading, processor, ms', 'processCpuMillis', false),
  ];
  printTable(`### (${part}) ${title} against the same resources by hand, medians of ${ROUNDS} rounds`, ['', 'library', 'by hand', 'ratio'], rows.map((cells) => [...cells]));
  return [
    { what: `(${part}) synth time over by hand, fastest round`, value: rows[0][3], target: 1.1 },
    { what: `(${part}) synth processor time over by hand`, value: rows[1][3], target: 1.1 },
    { what: `(${part}) memory over by hand`, value: rows[2][3], target: 1.1 },
  ];
}

/** (b) What each service adds, with few and with many, all in one stack. */
export async function benchScale(): Promise<Verdict[]> {
  const apps = { library: await synthesiser('synth-library'), byHand: await synthesiser('synth-by-hand') };
  for (const services of COUNTS) {
    compareResources(await apps.library({ services }), await apps.byHand({ services }));
  }
  const subjects = Object.fromEntries(Object.entries(apps).flatMap(([name, app]) => COUNTS.map((services) => [`${name} ${services}`, () => app({ services })])));
  const samples = await alternate(SCALE_ROUNDS, subjects);
  const verdicts: Verdict[] = [];
  const rows = Object.keys(apps).flatMap((name) => (['wallMillis', 'cpuMillis'] as const).map((metric) => {
    const typical = metric === 'wallMillis' ? fastest : median;
    const [one, ten, fifty] = COUNTS.map((count) => typical(samples[`${name} ${count}`].map((sample) => sample[metric])));
    const [atTen, atFifty] = [(ten - one) / 9, (fifty - ten) / 40];
    const label = `${name === 'library' ? 'library' : 'by hand'}, ${metric === 'wallMillis' ? 'fastest round, ms' : 'processor, ms'}`;
    if (name === 'library') {
      verdicts.push({ what: `(b) cost of a service at 50 over at 10, ${metric === 'wallMillis' ? 'fastest rounds' : 'processor time'}`, value: atFifty / atTen, target: 1.3 });
    }
    return [label, one, ten, fifty, atTen, atFifty, atFifty / atTen];
  }));
  printTable(`### (b) 1, 10 and 50 services in one stack, of ${SCALE_ROUNDS} rounds`, ['', '1', '10', '50', 'each, 1 to 10', 'each, 10 to 50', 'ratio'], rows);
  return verdicts;
}

/** (g) Fifty services on one ingress, ten in each stack, beside the same resources by hand. */
export async function benchStacks(): Promise<Verdict[]> {
  const size = { services: 50, perStack: PER_STACK };
  const [library, byHand] = [await synthesiser('synth-library'), await synthesiser('synth-by-hand')];
  compareResources(await library(size), await byHand(size));
  const samples = await alternate(SCALE_ROUNDS, { library: () => library(size), byHand: () => byHand(size) });
  const row = (what: string, metric: Metric, typical = median) => {
    const [mine, other] = [samples.library, samples.byHand].map((all) => typical(all.map((sample) => sample[metric])));
    return [what, mine, other, mine / other] as const;
  };
  const rows = [row('synth, fastest round, ms', 'wallMillis', fastest), row('synth, processor, ms', 'cpuMillis'), row('memory (maximum resident set), MiB', 'maxRssMib')];
  printTable(`### (g) ${size.services} services in ${size.services / PER_STACK} stacks on one ingress, of ${SCALE_ROUNDS} rounds`, ['', 'library', 'by hand', 'ratio'], rows.map((cells) => [...cells]));
  return [
    { what: '(g) synth time of 50 services over by hand, fastest round', value: rows[0][3], target: 1.1 },
    { what: '(g) synth processor time of 50 services over by hand', value: rows[1][3], target: 1.1 },
  ];
}

/** A function that synthesises an app in a process of its own. */
async function synthesiser(name: string): Promise<(size: Size, preload?: string[]) => Promise<SynthMeasurement>> {
  const script = await compileApp(name);
  const inputs = stageInputs();
  return async (size, preload = []) => {
    const outdir = path.join(WORK, 'out', name);
    fs.rmSync(outdir, { recursive: true, force: true });
    return runChild<SynthMeasurement>(script, { inputs, outdir, preload, ...size });
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
