import { createRequire } from 'module';
import * as path from 'path';
import { App, ArnFormat, CfnResource, CliCredentialsStackSynthesizer, type Stack } from 'aws-cdk-lib';
import { CfnService } from 'aws-cdk-lib/aws-ecs';
import { Posture, PrivatePostgres } from 'cdk-private-backend';
import { REHEARSALS } from './paths';
import type { Example } from '../../examples/checks/cases';
import { PemFile } from '../../src/trust';

// Not by the roles of the bootstrap stack, whose policies the emulator does not understand.
const app = new App({ defaultStackSynthesizer: new CliCredentialsStackSynthesizer() });
const context = (key: string): string => {
  const value: unknown = app.node.tryGetContext(key);
  if (typeof value !== 'string') throw new Error(`The context '${key}' is missing.`);
  return value;
};

/** The example of a folder, as the list beside it makes its app. */
function exampleIn(folder: string): Example {
  if (path.basename(folder) === REHEARSALS) {
    const { RehearsedStack } = createRequire(__filename)(path.join(folder, 'rehearsed-stack.ts')) as { readonly RehearsedStack: new (scope: App, id: string) => Stack };
    return { directory: folder, addTo: (scope) => [new RehearsedStack(scope, 'Rehearsals')] };
  }
  const { EXAMPLES } = createRequire(__filename)(path.join(folder, '..', 'checks', 'cases.ts')) as { readonly EXAMPLES: readonly Example[] };
  const found = EXAMPLES.find(({ directory }) => directory === path.basename(folder));
  if (found === undefined) throw new Error(`examples/checks/cases.ts does not know ${folder}.`);
  return found;
}

/** Adds what a scenario asks for to the stack with the database, as a person would in the example's own file. */
function vary(stack: Stack): void {
  const parts = stack.node.findAll();
  const postgres = parts.find((part): part is PrivatePostgres => part instanceof PrivatePostgres);
  if (postgres === undefined) return;
  const users = app.node.tryGetContext('users') as string | undefined;
  const limit = app.node.tryGetContext('connectionLimit') as string | undefined;
  users?.split(',').forEach((user) => postgres.database.addUser(user, { connectionLimit: limit === undefined ? undefined : Number(limit) }));
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
const stacks = exampleIn(context('example')).addTo(app, {
  caCertificates: PemFile.fromPath(context('ca')),
  // The emulator launches no instances.
  database: 'managed',
  hostedZone: posture === 'production' ? { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') } : undefined,
});
if (posture === 'production') stacks.forEach((stack) => (stack.terminationProtection = true));
stacks.forEach(vary);
