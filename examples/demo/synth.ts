import * as fs from 'fs';
import * as path from 'path';
import { App, type Stack } from 'aws-cdk-lib';
import { Posture } from 'cdk-private-backend';
import type { Template } from './template';

const ZONE = { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' };

/** What the example stacks take. */
export interface ExampleProps {
  readonly hostedZone?: typeof ZONE;
  readonly caBundle?: string;
}

/** Class of an example's stack. */
export type ExampleStack = new (scope: App, id: string, props: ExampleProps) => Stack;

/** A synthesised example. */
export interface Synthesised {
  readonly template: Template;
  /** Directory of the cloud assembly. */
  readonly assembly: string;
}

/** Synthesises an example with CDK's built-in validator strict: a violation throws. */
export function synthesise(Example: ExampleStack, posture: 'development' | 'production', outdir: string, caBundle?: string): Synthesised {
  process.env.CDK_VALIDATION = 'true';
  const app = new App({ outdir, context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  Posture[posture]().applyTo(app);
  const stack = new Example(app, Example.name.replace(/Stack$/, ''), { caBundle, hostedZone: posture === 'production' ? ZONE : undefined });
  const assembly = app.synth();
  const report = JSON.parse(fs.readFileSync(path.join(assembly.directory, 'validation-report.json'), 'utf8')) as { pluginReports: { conclusion: string }[] };
  if (report.pluginReports.some(({ conclusion }) => conclusion !== 'success')) {
    throw new Error(`The validator did not pass ${stack.stackName}; see ${assembly.directory}/validation-report.json`);
  }
  return { template: assembly.getStackByName(stack.stackName).template as Template, assembly: assembly.directory };
}
