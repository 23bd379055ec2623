import * as fs from 'fs';
import * as path from 'path';
import { App, Validations, type Stack } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, type PemFile, Posture, ReachabilityCheck } from 'cdk-private-backend';
import type { Template } from './template';

const ZONE = { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' };

/** What the example stacks take. */
export interface ExampleProps {
  readonly hostedZone?: typeof ZONE;
  readonly caCertificates?: PemFile;
  /** Who runs PostgreSQL, where an example has a choice. */
  readonly database?: string;
}

/** Class of an example's stack. */
export type ExampleStack = new (scope: App, id: string, props: ExampleProps) => Stack;

/** A synthesised example. */
export interface Synthesised {
  readonly template: Template;
  /** Directory of the cloud assembly. */
  readonly assembly: string;
  /** What each check says, in a sentence. */
  readonly checks: readonly string[];
}

/** Synthesises an example with CDK's built-in validator strict and the three checks: a violation throws. */
export function synthesise(Example: ExampleStack, posture: 'development' | 'production', outdir: string, caCertificates?: PemFile): Synthesised {
  process.env.CDK_VALIDATION = 'true';
  const app = new App({ outdir, context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  Posture[posture]().applyTo(app);
  const stack = new Example(app, Example.name.replace(/Stack$/, ''), { caCertificates, database: 'managed', hostedZone: posture === 'production' ? ZONE : undefined });
  const [reachability, hardening, cost] = [new ReachabilityCheck(), new HardeningCheck(), new CostReport()];
  Validations.of(app).addPlugins(reachability, hardening, cost);
  const assembly = app.synth();
  const report = JSON.parse(fs.readFileSync(path.join(assembly.directory, 'validation-report.json'), 'utf8')) as { pluginReports: { conclusion: string }[] };
  if (report.pluginReports.some(({ conclusion }) => conclusion !== 'success')) {
    throw new Error(`A validator did not pass ${stack.stackName}; see ${assembly.directory}/validation-report.json`);
  }
  const { total, idleTotal } = cost.report();
  return {
    template: assembly.getStackByName(stack.stackName).template as Template,
    assembly: assembly.directory,
    checks: [reachability.report().summary, hardening.report().summary, `CostReport: ${total.toFixed(2)} USD a month, ${idleTotal.toFixed(2)} paused.`],
  };
}
