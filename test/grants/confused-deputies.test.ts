import { readFileSync } from 'fs';
import * as path from 'path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { isBound, serviceStatements, type ServiceStatement } from './deputies';
import { UNBOUND_SERVICES } from './unbound-services';
import { buildExample, EXAMPLES, POSTURES } from '../../examples/checks/cases';
import { AuditTrail, BackendCluster, BackendMonitoring, BackendNetwork, Egress, FargateApi, Posture, PublicIngress, ServiceDeployment, ServiceImage, SsmBastion } from '../../src';
import { allIn, buildBackend, EXAMPLES as EXAMPLE_FOLDER } from '../support/whole-backend';

/** What no example and no whole backend has. */
function buildRest(app: App): void {
  const stack = new Stack(app, 'Rest');
  const encryptionKey = new kms.Key(stack, 'Key');
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natInstance(), flowLogs: true, flowLogEncryptionKey: encryptionKey });
  new SsmBastion(stack, 'Bastion', { vpc, sessionLogging: true, sessionLogEncryptionKey: encryptionKey });
  new AuditTrail(stack, 'Trail', { sendToCloudWatchLogs: true });
  const target = new FargateApi(stack, 'Api', {
    cluster: new BackendCluster(stack, 'Cluster', { vpc }),
    image: ServiceImage.fromDirectory(path.join(EXAMPLE_FOLDER, 'services/go-api')),
    deployment: ServiceDeployment.canary(),
  });
  const ingress = new PublicIngress(stack, 'Ingress', { vpc });
  ingress.addRoute('Api', { target });
  new BackendMonitoring(stack, 'Monitoring').monitorIngress(ingress);
}

const APPS: [string, () => App][] = [
  ...EXAMPLES.flatMap((example) => POSTURES.map((posture): [string, () => App] => [`${example.directory} in ${posture}`, () => buildExample(example, posture).app])),
  ...POSTURES.flatMap((posture) => [buildRest, (app: App) => void buildBackend(allIn(new Stack(app, 'Backend')))].map((build, index): [string, () => App] => [
    `${['the rest', 'a whole backend'][index]} in ${posture}`,
    () => {
      const app = new App();
      Posture[posture]({ requireHttps: false, terminationProtection: false }).applyTo(app);
      build(app);
      return app;
    },
  ])),
];

const found: ServiceStatement[] = [];

const isExplained = ({ service, type }: ServiceStatement) => UNBOUND_SERVICES.some((row) => row.service === service && row.types.includes(type));

describe('a service of AWS acts for this account only, or it is explained why that is not said', () => {
  test.each(APPS)('%s', (_what, build) => {
    const statements = serviceStatements(build());
    found.push(...statements);

    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((statement) => !isBound(statement) && !isExplained(statement))).toEqual([]);
  });

  test('each explanation is needed', () => {
    const unbound = found.filter((statement) => !isBound(statement));
    const unneeded = UNBOUND_SERVICES.flatMap(({ service, types }) => types.flatMap((type) => unbound.some((statement) => statement.service === service && statement.type === type) ? [] : [`${service} ${type}`]));

    expect(unneeded).toEqual([]);
  });

  test('the documentation has the explanations', () => {
    const page = readFileSync(path.join(__dirname, '..', '..', 'docs', 'permissions.md'), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| `[a-z0-9-]+\.[^|]+\| .*\[AWS\]/.test(line));

    expect(rows).toEqual(UNBOUND_SERVICES.map(({ service, where, why, see }) => `| \`${service}\` | ${where} | ${why} [AWS](${see}) |`));
  });
});

describe('a statement', () => {
  const ROLE = { AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'a.amazonaws.com' } }] } };
  const withCondition = (condition: object) => ({ AssumeRolePolicyDocument: { Statement: [{ ...ROLE.AssumeRolePolicyDocument.Statement[0], Condition: condition }] } });

  test.each([
    ['without a condition', 'AWS::IAM::Role', ROLE, [false]],
    ['with a condition on something else', 'AWS::IAM::Role', withCondition({ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }), [false]],
    ['on the account', 'AWS::IAM::Role', withCondition({ StringEquals: { 'aws:SourceAccount': '111122223333' } }), [true]],
    ['on an ARN, in another case', 'AWS::IAM::Role', withCondition({ ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::a' } }), [true]],
    ['on the account where there is one', 'AWS::IAM::Role', withCondition({ StringEqualsIfExists: { 'aws:SourceAccount': '111122223333' } }), [false]],
    ['of two services', 'AWS::SQS::QueuePolicy', { PolicyDocument: { Statement: [{ Effect: 'Allow', Principal: { Service: ['a.amazonaws.com', 'b.amazonaws.com'] } }] } }, [false, false]],
    ['that denies', 'AWS::SQS::QueuePolicy', { PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: { Service: 'a.amazonaws.com' } }] } }, []],
    ['about an account', 'AWS::SQS::QueuePolicy', { PolicyDocument: { Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' } }] } }, []],
    ['of a function, without a source', 'AWS::Lambda::Permission', { Principal: 's3.amazonaws.com' }, [false]],
    ['of a function, with one', 'AWS::Lambda::Permission', { Principal: 's3.amazonaws.com', SourceAccount: '111122223333' }, [true]],
  ])('%s is seen as it is', (_what, type, properties, bound) => {
    const app = new App();
    new CfnResource(new Stack(app, 'Stack'), 'Resource', { type, properties });

    expect(serviceStatements(app).map(isBound)).toEqual(bound);
  });
});
