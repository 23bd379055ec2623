import * as fs from 'fs';
import { createRequire } from 'module';
import * as path from 'path';
import { App, type Stack } from 'aws-cdk-lib';
import { Posture } from 'cdk-private-backend';

/** What the stacks of examples take. */
interface ExampleProps {
  readonly caBundle?: string;
  readonly hostedZone?: { readonly hostedZoneId: string; readonly zoneName: string };
}

type ExampleStack = new (scope: App, id: string, props: ExampleProps) => Stack;

const app = new App();
const context = (key: string): string => {
  const value: unknown = app.node.tryGetContext(key);
  if (typeof value !== 'string') throw new Error(`The context '${key}' is missing.`);
  return value;
};

/** The class that an example's folder exports from its `…-stack.ts`. */
function exampleIn(directory: string): ExampleStack {
  const file = fs.readdirSync(directory).find((name) => name.endsWith('-stack.ts'));
  if (file === undefined) throw new Error(`${directory} has no file that ends with -stack.ts.`);
  const exported = Object.values(createRequire(__filename)(path.join(directory, file)) as Record<string, unknown>);
  return exported.find((value) => typeof value === 'function') as ExampleStack;
}

const posture = context('posture');
(posture === 'production' ? Posture.production() : Posture.development()).applyTo(app);
const Example = exampleIn(context('example'));
new Example(app, Example.name.replace(/Stack$/, ''), {
  caBundle: fs.readFileSync(context('ca'), 'utf8'),
  hostedZone: posture === 'production' ? { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' } : undefined,
});
