import { App, NestedStack, Stack, Stage, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { BackendCluster, ContainerRepository, NetworkIngress, PemFile, PostgresCapacity, Posture, PrivateFileSystem, PrivatePostgres, PublicIngress, RedisCache } from '../../src';
import { FAKE_CA } from '../postgres/postgres-fixtures';

const DEMAND = 'requires termination protection of stack';

function vpcOf(scope: Construct): ec2.IVpc {
  return new ec2.Vpc(scope, 'Vpc', { restrictDefaultSecurityGroup: false });
}

function addPostgres(scope: Construct): void {
  new PrivatePostgres(scope, 'Postgres', { vpc: vpcOf(scope), caCertificates: PemFile.fromText(FAKE_CA) });
}

function productionApp(): App {
  const app = new App();
  Posture.production({ requireHttps: false }).applyTo(app);
  return app;
}

/** What synthesis says of an app, line by line. */
function demandsOf(app: App): string[] {
  try {
    app.synth();
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
}

const ASKING: [what: string, path: string, add: (scope: Construct) => void][] = [
  ['an RDS instance', 'Postgres', addPostgres],
  ['an Aurora cluster', 'Postgres', (scope) => new PrivatePostgres(scope, 'Postgres', { vpc: vpcOf(scope), capacity: PostgresCapacity.serverless({ min: 1, max: 2 }), caCertificates: PemFile.fromText(FAKE_CA) })],
  ['an ingress', 'Ingress', (scope) => new PublicIngress(scope, 'Ingress', { vpc: vpcOf(scope) })],
  ['a network ingress', 'Ingress', (scope) => new NetworkIngress(scope, 'Ingress', { vpc: vpcOf(scope) })],
  ['a file system', 'Files', (scope) => new PrivateFileSystem(scope, 'Files', { vpc: vpcOf(scope) })],
];

describe.each(ASKING)('%s', (_what, path, add) => {
  test('fails in production in a stack without termination protection', () => {
    const app = productionApp();
    add(new Stack(app, 'Backend'));
    expect(demandsOf(app)).toEqual([`[Backend] The production posture requires termination protection of stack 'Backend', because the stack contains 'Backend/${path}'. `
      + "Set `new Stack(app, 'Backend', { terminationProtection: true })`, or use `Posture.production({ terminationProtection: false })` for a stack that may be deleted at any time. "
      + '[cdk-private-backend:Posture.terminationProtection]']);
  });

  test('is content with the line of the message, and the assembly has it', () => {
    const app = productionApp();
    add(new Stack(app, 'Backend', { terminationProtection: true }));
    expect(app.synth().getStackByName('Backend').terminationProtection).toBe(true);
  });

  test('demands nothing in development', () => {
    const app = new App();
    Posture.development().applyTo(app);
    add(new Stack(app, 'Backend'));
    expect(demandsOf(app)).toEqual([]);
  });

  test('demands nothing where the posture was told so', () => {
    const app = new App();
    Posture.production({ requireHttps: false, terminationProtection: false }).applyTo(app);
    add(new Stack(app, 'Backend'));
    expect(demandsOf(app)).toEqual([]);
  });

  test('fails where no posture was applied', () => {
    const app = new App();
    add(new Stack(app, 'Backend'));
    expect(() => app.synth()).toThrow(DEMAND);
  });

  test('fails in development that demands it', () => {
    const app = new App();
    Posture.development({ terminationProtection: true }).applyTo(app);
    add(new Stack(app, 'Backend'));
    expect(demandsOf(app)).toEqual([expect.stringContaining('The development posture requires')]);
  });

  test('fails for the stack around nested ones, and names the construct inside', () => {
    const app = productionApp();
    const stack = new Stack(app, 'Backend');
    add(new NestedStack(new NestedStack(stack, 'Outer'), 'Inner'));
    expect(demandsOf(app)).toEqual([expect.stringMatching(new RegExp(`^\\[Backend\\] .* of stack 'Backend', because the stack contains 'Backend/Outer/Inner/${path}'`))]);
  });

  test('is content in a nested stack of a protected one', () => {
    const app = productionApp();
    add(new NestedStack(new Stack(app, 'Backend', { terminationProtection: true }), 'Inner'));
    expect(demandsOf(app)).toEqual([]);
  });
});

test('a stack may get its protection after everything in it', () => {
  const app = productionApp();
  const stack = new Stack(app, 'Backend');
  addPostgres(stack);
  stack.terminationProtection = true;
  expect(demandsOf(app)).toEqual([]);
});

test('fails where a stack loses its protection after everything in it', () => {
  const app = productionApp();
  const stack = new Stack(app, 'Backend', { terminationProtection: true });
  addPostgres(stack);
  stack.terminationProtection = false;
  expect(demandsOf(app)).toHaveLength(1);
});

test('fails once for each stack, however much is in it', () => {
  // GIVEN
  const app = productionApp();
  for (const id of ['One', 'Two', 'Three']) {
    const stack = new Stack(app, id, { terminationProtection: id === 'Three' });
    const vpc = vpcOf(stack);
    new PrivateFileSystem(stack, 'Files', { vpc });
    new PublicIngress(stack, 'Ingress', { vpc });
    new PrivateFileSystem(new NestedStack(stack, 'Nested'), 'More', { vpc });
  }

  // THEN
  expect(demandsOf(app).map((line) => /^\[(\w+)\] .*contains '([^']*)'/.exec(line)?.slice(1))).toEqual([['One', 'One/Files'], ['Two', 'Two/Files']]);
});

test('fails in the stack of production beside one of development', () => {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Backend');
  addPostgres(stack);
  const strict = new Stack(app, 'Strict');
  Posture.production({ requireHttps: false }).applyTo(strict);
  new PublicIngress(strict, 'Ingress', { vpc: vpcOf(strict) });
  expect(demandsOf(app)).toEqual([expect.stringContaining("'Strict/Ingress'")]);
});

describe('in a stage', () => {
  function stageWith(props?: StackProps): App {
    const app = productionApp();
    addPostgres(new Stack(new Stage(app, 'Prod'), 'Backend', props));
    return app;
  }

  test('fails with the path of the stack', () => {
    expect(demandsOf(stageWith())).toEqual([expect.stringMatching(/^\[Prod\/Backend\] .* of stack 'Prod\/Backend', because the stack contains 'Prod\/Backend\/Postgres'/)]);
  });

  test('is content where the stack has it', () => {
    expect(demandsOf(stageWith({ terminationProtection: true }))).toEqual([]);
  });

  test('fails where the stage alone is synthesised', () => {
    const stage = new Stage(productionApp(), 'Prod');
    addPostgres(new Stack(stage, 'Backend'));
    expect(() => stage.synth()).toThrow(DEMAND);
  });
});

describe('a class of the user', () => {
  class Backend extends Stack {
    constructor(scope: Construct, id: string, props?: StackProps) {
      super(scope, id, props);
      addPostgres(this);
    }
  }

  test('fails like any other', () => {
    const app = productionApp();
    new Backend(app, 'Shop');
    expect(demandsOf(app)).toEqual([expect.stringMatching(/^\[Shop\] .*`new Stack\(app, 'Shop', \{ terminationProtection: true \}\)`/)]);
  });

  test('passes it on', () => {
    const app = productionApp();
    new Backend(app, 'Shop', { terminationProtection: true });
    expect(demandsOf(app)).toEqual([]);
  });
});

test('fails without an app around the stack', () => {
  const stack = new Stack(undefined, 'Alone');
  addPostgres(stack);
  expect(() => Template.fromStack(stack)).toThrow("termination protection of stack 'Alone'");
});

test('nothing else demands it: imported servers, ingresses and file systems, clusters, caches and repositories', () => {
  // GIVEN
  const app = productionApp();
  const owner = new Stack(app, 'Owner', { terminationProtection: true });
  const { loadBalancer, listener } = new PublicIngress(owner, 'Ingress', { vpc: vpcOf(owner) });
  const stack = new Stack(app, 'Backend');
  const vpc = vpcOf(stack);
  const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')];

  // WHEN
  new BackendCluster(stack, 'Cluster', { vpc });
  new ContainerRepository(stack, 'Images');
  new RedisCache(stack, 'Cache', { vpc });
  PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
    vpc,
    securityGroups,
    endpoint: 'db.example.com',
    databaseName: 'app',
    caCertificates: PemFile.fromText(FAKE_CA),
    adminSecret: Secret.fromSecretNameV2(stack, 'Admin', 'admin'),
  });
  PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer, listener });
  PrivateFileSystem.fromPrivateFileSystemAttributes(stack, 'Files', { securityGroups, fileSystemId: 'fs-0123456789abcdef0' });

  // THEN
  expect(demandsOf(app)).toEqual([]);
});
