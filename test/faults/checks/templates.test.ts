import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { HardeningCheck } from '../../../src/checks';
import { expecting } from '../expecting';
import { everything, found, hardening, missing, reachability, reportOf, violations } from '../support/checks';

describe('conditions of a template', () => {
  // Seven values of one parameter are too many comparisons: only outcomes that no deployment can have are looked at.
  test.failing('open-conditions-skipped: each value that a parameter allows is looked at, or undecided', expecting(() => {
    const report = hardening(`
Parameters: { N: { Type: Number, AllowedValues: [1, 2, 3, 4, 5, 6, 7] } }
Conditions:
${[1, 2, 3, 4, 5, 6, 7].map((n) => `  N${n}: !Equals [ ${n}, !Ref N ]`).join('\n')}
Resources:
  B: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: !If [ N1, 7, !If [ N2, !Ref AWS::NoValue, 7 ] ] } }
  C: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: !If [ N3, 1, !If [ N4, 1, !If [ N5, 1, !If [ N6, 1, !If [ N7, 1, 1 ] ] ] ] ] } }
`);
    expect(missing({ 'a log group that keeps its events for ever where N is 2': found(report, /log-retention/, 'B') })).toEqual([]);
  }));

  const foundAtReplica = () => found(hardening(`
Parameters: { Replica: { Type: String, AllowedValues: ["true","false"] } }
Conditions:
  Frankfurt: !Equals [ !Ref AWS::Region, eu-central-1 ]
  R: !Equals [ !Ref Replica, "true" ]
Resources:
  A: { Type: AWS::SNS::Topic, Condition: Frankfurt }
  B: { Type: AWS::Logs::LogGroup, Condition: R }
`), /log-retention/, 'B');

  // The first combination that was tried stands in the message, conditions that do not matter included.
  test.failing('condition-words: a message names only the conditions that its finding needs', expecting(() => {
    expect(foundAtReplica().filter((line) => /eu-central-1/.test(line))).toEqual([]);
  }));

  test('a log group that only some deployments have is found', () => {
    expect(foundAtReplica()).not.toEqual([]);
  });
});

describe('parts of a template that CloudFormation expands', () => {
  const nested = `
Resources:
  Net: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: https://s3.amazonaws.com/x/vpc.yaml } }
`;
  const loop = `
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Buckets:
    - Name
    - [ a, b ]
    - "Bucket\${Name}":
        Type: AWS::S3::Bucket
        Properties: { AccessControl: PublicRead }
`;
  const serverless = `
Transform: AWS::Serverless-2016-10-31
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { Runtime: nodejs20.x, Handler: i.h, InlineCode: x, Policies: [ AdministratorAccess ], FunctionUrlConfig: { AuthType: NONE } } }
`;

  // Silence, or a TypeError that ends the check, is all there is of a nested stack by URL, a loop and the types of SAM.
  test.failing('not-expanded-not-said: each part that is expanded later is noted or undecided, and ends no check', expecting(() => {
    const [ofNested, ofLoop, ofServerless] = [nested, loop, serverless].map(everything);
    expect({
      crashes: [ofNested, ofLoop, ofServerless].flatMap(({ crashes }) => crashes),
      silence: missing({ 'a nested stack by URL': ofNested.said, 'Fn::ForEach': ofLoop.said, 'a SAM function with AdministratorAccess and an open URL': ofServerless.said }),
    }).toEqual({ crashes: [], silence: [] });
  }));
});

describe('values of a template', () => {
  // A look-up with a default value is not resolved, so that a rule on its value counts as held.
  test.failing('map-default-not-read: a look-up whose keys are not in the map has its default value', expecting(() => {
    const report = hardening(`
Transform: AWS::LanguageExtensions
Mappings: { Ports: { us-east-1: { ssh: 22 } } }
Resources:
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: !FindInMap [ Ports, nowhere, ssh, { DefaultValue: 22 } ], ToPort: !FindInMap [ Ports, nowhere, ssh, { DefaultValue: 22 } ], CidrIp: 0.0.0.0/0 } ] } }
`);
    const ofPort = report.findings.filter(({ message }) => /22/.test(message));
    expect(missing({ 'a violation on port 22': violations(found({ findings: ofPort }, /security-group-ingress/, 'Sg')) })).toEqual([]);
  }));

  // A password that is the default of a hidden parameter is no finding, and the messages print it.
  test.failing('secret-default-printed: a secret that is the default of a parameter is found and never printed', expecting(() => {
    const template = `
Parameters: { DBPassword: { Type: String, NoEcho: true, Default: "Sup3rS3cret!" } }
Resources:
  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: postgres, DBInstanceClass: db.t4g.micro, AllocatedStorage: "20", MasterUsername: u, MasterUserPassword: !Ref DBPassword } }
`;
    const reports = { hardening: hardening(template), reachability: reachability(template) };
    const ofDefault = reports.hardening.findings.filter(({ message }) => /default/i.test(message));
    expect({
      printed: Object.values(reports).flatMap(({ findings, rules, notes }) => [...findings, ...rules, ...notes]).map((part) => JSON.stringify(part)).filter((part) => part.includes('Sup3rS3cret')),
      missing: missing({ 'a violation on the default': violations(found({ findings: ofDefault }, /secret|password/)) }),
    }).toEqual({ printed: [], missing: [] });
  }));

  const secrets = `
Resources:
  S: { Type: AWS::SecretsManager::Secret, Properties: { SecretString: '{ "user": "Admin", "password": "{{resolve:secretsmanager:Admin:SecretString:password}}" }' } }
  Bad: { Type: AWS::SecretsManager::Secret, Properties: { SecretString: '{ "user": "{{resolve:ssm:user}}", "password": "hunter2hunter2" }' } }
`;

  // A dynamic reference that stands inside JSON is not seen as one, so that its text counts as a secret.
  test.failing('reference-inside-secret: a secret that is made of a dynamic reference is not in the template', expecting(() => {
    expect(found(hardening(secrets), /secret-in-template/, 'S')).toEqual([]);
  }));

  test('a password beside a dynamic reference is found', () => {
    expect(found(hardening(secrets), /secret-in-template/, 'Bad')).not.toEqual([]);
  });
});

describe('a template that is taken in with CfnInclude', () => {
  // An output with the logical id of a resource takes its place, so that the acknowledgement on the resource is lost.
  test.failing('output-hides-resource: a resource that shares its name with an output is acknowledged where it stands', expecting(() => {
    const templateFile = join(mkdtempSync(join(tmpdir(), 'included-')), 'given.json');
    writeFileSync(templateFile, JSON.stringify({ Resources: { Logs: { Type: 'AWS::Logs::LogGroup' } }, Outputs: { Logs: { Value: { Ref: 'Logs' } } } }));
    const stack = new Stack(new App({ analyticsReporting: false }), 'S');
    const included = new CfnInclude(stack, 'I', { templateFile });
    Validations.of(included.getResource('Logs')).acknowledge({ id: 'hardening-log-retention', reason: 'kept for ever on purpose' });
    const outcomes = reportOf(new HardeningCheck(), stack).findings.map(({ outcome }) => String(outcome));
    expect([...new Set(outcomes)]).toEqual(['acknowledged']);
  }));
});
