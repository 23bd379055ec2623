import * as fs from 'fs';
import { createRequire } from 'module';
import * as path from 'path';
import { App, ArnFormat, CfnResource, CliCredentialsStackSynthesizer, type Stack } from 'aws-cdk-lib';
import { CfnService } from 'aws-cdk-lib/aws-ecs';
import { Posture, PrivatePostgres } from 'cdk-private-backend';

/** What the stacks of examples take. */
interface ExampleProps {
  readonly caBundle?: string;
  readonly hostedZone?: { readonly hostedZoneId: string; readonly zoneName: string };
}

type ExampleStack = new (scope: App, id: string, props: ExampleProps) => Stack;

// Not by the roles of the bootstrap stack, whose policies the emulator does not understand.
const app = new App({ defaultStackSynthesizer: new CliCredentialsStackSynthesizer() });
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

/** Adds what a scenario asks for, as a person would in the example's own file. */
function vary(stack: Stack): void {
  const parts = stack.node.findAll();
  const postgres = parts.find((part): part is PrivatePostgres => part instanceof PrivatePostgres);
  const users = app.node.tryGetContext('users') as string | undefined;
  users?.split(',').forEach((user) => postgres?.database.addUser(user));
  if (app.node.tryGetContext('failing') !== undefined) {
    const failing = new CfnResource(stack, 'Failing', {
      type: 'Custom::Failing',
      properties: { ServiceToken: stack.formatArn({ service: 'lambda', resource: 'function', resourceName: 'nobody', arnFormat: ArnFormat.COLON_RESOURCE_NAME }) },
    });
    parts.filter((part): part is CfnService => part instanceof CfnService).forEach((service) => failing.addResourceDependency(service));
  }
}

const posture = context('posture');
(posture === 'production' ? Posture.production() : Posture.development()).applyTo(app);
const Example = exampleIn(context('example'));
vary(new Example(app, Example.name.replace(/Stack$/, ''), {
  caBundle: fs.readFileSync(context('ca'), 'utf8'),
  hostedZone: posture === 'production' ? { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') } : undefined,
}));
