import { createRequire } from 'module';
import * as path from 'path';
import { App } from 'aws-cdk-lib';
import type { Inputs, Size } from './shape';

/** What one process measured of itself. */
export interface SynthMeasurement {
  /** From before `new App()` to after `app.synth()`. */
  readonly wallMillis: number;
  /** Processor time of this process in the same span, all threads, user and system. */
  readonly cpuMillis: number;
  /** From the start of the process, loading included. */
  readonly processMillis: number;
  readonly processCpuMillis: number;
  /** The most memory that the process had at any time, loading included. */
  readonly maxRssMib: number;
  /** Files of installed packages, and of the library, that were loaded by the end. */
  readonly modules: string[];
  readonly resources: { readonly [type: string]: number };
}

interface Arguments extends Size {
  readonly inputs: Inputs;
  readonly outdir: string;
  /** Modules to load before the clock starts: aws-cdk-lib and the library load most of their own only when they are used. */
  readonly preload: string[];
}

/** Synthesises one app and prints what that took, as JSON. */
export function measureSynth(build: (app: App, inputs: Inputs, size: Size) => unknown): void {
  const { inputs, outdir, preload, services, perStack } = JSON.parse(process.argv[2]) as Arguments;
  const load = createRequire(__filename);
  preload.forEach((file) => runParts(inputs, file, load(file) as object));
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  build(app, inputs, { services, perStack });
  const assembly = app.synth();
  const wallMillis = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  const all = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  const resources = assembly.stacks.flatMap((stack) => Object.values((stack.template as { Resources?: Record<string, { Type: string }> }).Resources ?? {}));
  const measurement: SynthMeasurement = {
    wallMillis,
    cpuMillis: (user + system) / 1000,
    processMillis: performance.now(),
    processCpuMillis: (all.user + all.system) / 1000,
    maxRssMib: maxRSS / 1024,
    modules: Object.keys(load.cache).filter((file) => file.includes(`${path.sep}node_modules${path.sep}`) || file.startsWith(path.join(inputs.root, 'lib') + path.sep)),
    resources: countTypes(resources.map(({ Type }) => Type)),
  };
  console.log(JSON.stringify(measurement));
}

/** The file of a room runs a part of it when it is first asked for. */
function runParts(inputs: Inputs, file: string, parts: object): void {
  if (path.dirname(file) === path.join(inputs.root, 'lib', 'rooms')) {
    Object.values(parts);
  }
}

function countTypes(types: string[]): Record<string, number> {
  return types.sort().reduce<Record<string, number>>((counts, type) => ({ ...counts, [type]: (counts[type] ?? 0) + 1 }), {});
}
