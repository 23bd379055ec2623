import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as rds from 'aws-cdk-lib/aws-rds';
import * as cxapi from 'aws-cdk-lib/cx-api';
import { FAKE_CA, newApp, newVpc } from './postgres-fixtures';
import { AdminSecret, PostgresCapacity, PostgresUser, Posture, PrivatePostgres, PemFile } from '../../src';

/** One of everything. */
function everything(app: App, env: { region?: string; account?: string } = {}, caCertificates?: PemFile) {
  const stack = new Stack(app, 'Backend', { env, terminationProtection: true });
  const vpc = newVpc(stack);
  const encryptionKey = new kms.Key(stack, 'Key');
  const instance = new PrivatePostgres(stack, 'Instance', { vpc, encryptionKey, caCertificates, extensions: ['pgcrypto'], adminSecret: AdminSecret.rdsManaged({ encryptionKey }) });
  const cluster = new PrivatePostgres(stack, 'Cluster', { vpc, caCertificates, capacity: PostgresCapacity.serverless({ min: 0, max: 4 }), adminSecret: AdminSecret.generated() });
  const restored = new PrivatePostgres(stack, 'Restored', { vpc, caCertificates, snapshotIdentifier: 'snap' });
  const service = new Stack(app, 'Service', { env });
  for (const server of [instance, cluster, restored]) {
    server.database.addUser('Api', { encryptionKey });
    server.database.owner;
    new PostgresUser(service, `${server.node.id}User`, { database: server.database });
  }
  return { stack, service, instance };
}

describe('in every partition', () => {
  test.each([
    ['a stack without an environment', {}],
    ['aws', { region: 'eu-central-1', account: '111111111111' }],
    ['aws-cn', { region: 'cn-north-1', account: '111111111111' }],
    ['aws-us-gov', { region: 'us-gov-west-1', account: '111111111111' }],
  ])('no ARN and no host name is written out: %s', (_name, env) => {
    // GIVEN
    const app = newApp(Posture.production());
    const { stack, service } = everything(app, env, PemFile.fromText(FAKE_CA));

    // THEN
    for (const each of [stack, service]) {
      const template = Template.fromStack(each).toJSON();
      const written = JSON.stringify(template, (key, value) => (key === 'AssumeRolePolicyDocument' ? undefined : value));
      expect(written).not.toMatch(/arn:aws/);
      expect(written).not.toMatch(/amazonaws\.com/);
    }
  });
});

describe('feature flags', () => {
  const recommended = cxapi.CURRENTLY_RECOMMENDED_FLAGS;

  /** What holds data, with what replaces it; and what decides who may do what. */
  function essence(context: { [key: string]: unknown }) {
    const app = newApp(Posture.production(), context);
    const { stack } = everything(app);
    const resources: [string, any][] = Object.entries(Template.fromStack(stack).toJSON().Resources);
    const of = (...types: string[]) => Object.fromEntries(resources.filter(([, { Type }]) => types.includes(Type)));
    return {
      data: of('AWS::RDS::DBInstance', 'AWS::RDS::DBCluster', 'AWS::RDS::DBSubnetGroup', 'AWS::RDS::DBParameterGroup', 'AWS::RDS::DBClusterParameterGroup', 'AWS::SecretsManager::Secret', 'Custom::PostgresDatabase'),
      network: of('AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'),
      roles: of('AWS::IAM::Role'),
      functions: Object.entries(of('AWS::Lambda::Function')).map(([id, { Properties }]) => [id, { ...Properties, Code: undefined }]),
      statements: Object.entries(of('AWS::IAM::Policy')).map(([id, { Properties }]) => [id, Properties.Roles, Properties.PolicyDocument.Statement.flatMap(perAction).sort()]),
    };
  }

  /** Statements may be merged; what they allow may not change. */
  function perAction({ Action, Resource, Effect, Condition }: any): string[] {
    return [Action].flat().flatMap(action => [Resource].flat().map(resource => JSON.stringify([Effect, action, resource, Condition])));
  }

  test('decide nothing', () => {
    expect(Object.keys(recommended).length).toBeGreaterThan(50);
    expect(essence(recommended)).toEqual(essence({}));
  });
});

describe('the validator of CDK', () => {
  const before = process.env.CDK_VALIDATION;

  afterEach(() => {
    process.env.CDK_VALIDATION = before;
  });

  test.each([['development', Posture.development()], ['production', Posture.production()]])('accepts everything in %s', (_name, posture) => {
    delete process.env.CDK_VALIDATION;
    const app = newApp(posture, { '@aws-cdk/core:validateAgainstDefaultRules': true });
    everything(app, { region: 'eu-central-1', account: '111111111111' });
    expect(() => app.synth()).not.toThrow();
  });

  test('fails on a template that RDS would refuse, so it did run', () => {
    delete process.env.CDK_VALIDATION;
    const app = newApp(Posture.development(), { '@aws-cdk/core:validateAgainstDefaultRules': true });
    const { instance } = everything(app, { region: 'eu-central-1', account: '111111111111' });
    (instance.node.defaultChild as rds.CfnDBInstance).addPropertyOverride('NoSuchProperty', 1);
    expect(() => app.synth()).toThrow(/[Vv]alidation/);
  });
});
