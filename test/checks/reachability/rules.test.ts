import { App, Stack } from 'aws-cdk-lib';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { att, backend, egressTo, ingressFrom, isolatedBackend, everyone, groupOf, network, ref, rule, securityGroup, type LabChange } from './lab';
import { addResources, checked, type Resources } from './support';
import { CheckOutcome, type CheckReport } from '../../../src/checks';
import { ReachabilityCheck, ReachabilityPoint } from '../../../src/checks/reachability';
import { REACHABILITY_RULES } from '../../../src/checks/reachability/private/rules';

/** A report of a lab, with statements about it. */
function reportOf(resources: Resources): CheckReport {
  const app = new App();
  const stack = new Stack(app, 'Lab');
  addResources(stack, resources);
  const check = new ReachabilityCheck();
  if (resources.Api !== undefined && resources.Db !== undefined) {
    const [api, db] = ['Api', 'Db'].map((id) => ReachabilityPoint.of(stack.node.findChild(id)));
    check.expect(api, db, Port.tcp(5432));
    check.forbid(db, api, Port.allTraffic());
  }
  return checked(app, check).report();
}

/** Gives the function the name of the API, and the way to it. */
function callService(r: Resources): void {
  r.Namespace = { Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace', Properties: { Name: 'backend.internal', Vpc: ref('Vpc') } };
  r.Entry = { Type: 'AWS::ServiceDiscovery::Service', Properties: { Name: 'api', DnsConfig: { NamespaceId: att('Namespace', 'Id'), DnsRecords: [{ Type: 'A', TTL: 10 }] } } };
  r.Api.Properties.ServiceRegistries = [{ RegistryArn: att('Entry', 'Arn') }];
  r.CallerGroup = securityGroup([], []);
  r.CallerToApi = egressTo('CallerGroup', 'ApiGroup', 8080);
  r.ApiFromCaller = ingressFrom('ApiGroup', 'CallerGroup', 8080);
  r.Caller = {
    Type: 'AWS::Lambda::Function',
    Properties: { Environment: { Variables: { API_URL: 'http://api.backend.internal:8080' } }, VpcConfig: { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('CallerGroup')] } },
  };
}

/** The backend with everything that any rule applies to, as it should be. */
function complete(): Resources {
  const r = backend();
  const allow = { Statement: [{ Effect: 'Allow', Action: ['ssm:*', 'ssmmessages:*', 'sqs:SendMessage'], Resource: '*' }] };
  r.Role = { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'x', PolicyDocument: allow }] } };
  r.Api.Properties.EnableExecuteCommand = true;
  r.ApiTask.Properties.TaskRoleArn = { 'Fn::GetAtt': ['Role', 'Arn'] };
  r.Profile = { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('Role')] } };
  r.Reader = {
    Type: 'AWS::Lambda::Function',
    Properties: { Environment: { Variables: { SECRET: att('Db', 'MasterUserSecret.SecretArn'), METRICS: att('Machine', 'PrivateIp') } }, VpcConfig: { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('ApiGroup')] } },
  };
  r.MachineGroup = securityGroup([], [rule(443, everyone)]);
  r.Machine = {
    Type: 'AWS::EC2::Instance',
    Properties: { SubnetId: ref('Private0'), SecurityGroupIds: [groupOf('MachineGroup')], IamInstanceProfile: ref('Profile'), UserData: { 'Fn::Base64': 'aws s3 cp s3://assets/agent .' } },
  };
  r.ApiToMachine = egressTo('ApiGroup', 'MachineGroup', 9100);
  r.MachineFromApi = ingressFrom('MachineGroup', 'ApiGroup', 9100);
  r.Bastion = { Type: 'AWS::SSM::Document', Properties: { DocumentType: 'Session', Content: { sessionType: 'Port', properties: { type: 'LocalPortForwarding', host: att('Db', 'Endpoint.Address'), portNumber: '5432' } } } };
  r.MachineToDb = egressTo('MachineGroup', 'DbGroup', 5432);
  r.DbFromMachine = ingressFrom('DbGroup', 'MachineGroup', 5432);
  callService(r);
  r.Listener.Properties.DefaultActions = [{ Type: 'jwt-validation', Order: 1 }, { Type: 'forward', Order: 2, TargetGroupArn: ref('Targets') }];
  r.BalancerGroup = securityGroup([rule(443, everyone)], [rule(443, everyone)]);
  return r;
}

const inline = (r: Resources, group: string, added: unknown) => (r[group].Properties.SecurityGroupIngress as unknown[]).push(added);
const openMachine: LabChange = (r) => {
  inline(r, 'MachineGroup', rule(22, everyone));
  Object.assign(r.Machine.Properties, { SubnetId: ref('Public0') });
  r.Public0.Properties.MapPublicIpOnLaunch = true;
};

/** One mistake for each rule. */
const MISTAKES: Record<string, LabChange> = {
  'internet-to-store': (r) => { r.DbSubnets.Properties.SubnetIds = [ref('Public0')]; r.Db.Properties.PubliclyAccessible = true; inline(r, 'DbGroup', rule(5432, everyone)); },
  'internet-to-service': (r) => {
    inline(r, 'ApiGroup', rule(8080, everyone));
    r.Api.Properties.NetworkConfiguration = { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED', Subnets: [ref('Public0')], SecurityGroups: [groupOf('ApiGroup')] } };
  },
  'internet-to-instance': openMachine,
  'task-image': (r) => { delete r.Nat; delete r.PrivateRoute; },
  'task-logs': (r) => { delete r.PrivateRoute; },
  'task-secrets': (r) => { delete r.Attachment; },
  'instance-first-boot': (r) => { r.Machine.Properties.SubnetId = ref('Isolated0'); },
  'instance-services': (r) => { r.Machine.Properties.SubnetId = ref('Isolated0'); },
  'balancer-to-target': (r) => { delete r.BalancerToApi; },
  'balancer-to-issuer': (r) => { r.BalancerGroup = securityGroup([rule(443, everyone)], []); },
  'listener': (r) => { r.Balancer.Properties.Subnets = [ref('Isolated0')]; },
  'client-to-store': (r) => { delete r.DbFromApi; },
  'caller-to-service': (r) => { delete r.ApiFromCaller; },
  'client-to-instance': (r) => { delete r.MachineFromApi; },
  'function-to-secrets': (r) => { r.Reader.Properties.VpcConfig = { SubnetIds: [ref('Isolated0')], SecurityGroupIds: [groupOf('ApiGroup')] }; },
  'ecs-exec': (r) => { delete r.ApiTask.Properties.TaskRoleArn; },
  'session-manager': (r) => { r.Machine.Properties.SubnetId = ref('Isolated0'); },
  'tunnel': (r) => { delete r.MachineToDb; },
  'group-of-other-vpc': (r) => { r.Other = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } }; r.DbGroup.Properties.VpcId = ref('Other'); },
  'group-unused': (r) => { delete r.Machine; },
  'rule-unused': (r) => { r.Old = securityGroup([], []); inline(r, 'ApiGroup', rule(8080, { SourceSecurityGroupId: groupOf('Old') })); },
  'rule-nothing': (r) => { inline(r, 'ApiGroup', rule(8080, {})); },
  'rule-any-source': (r) => { inline(r, 'ApiGroup', rule(8080, everyone)); },
  'rule-any-port': (r) => { inline(r, 'ApiGroup', { IpProtocol: '-1', CidrIp: '10.0.0.0/16' }); },
  'rule-without-listener': (r) => { inline(r, 'BalancerGroup', rule(80, everyone)); },
  'rule-remote-login': (r) => { inline(r, 'MachineGroup', rule(22, { CidrIp: '10.0.0.0/16' })); },
  'expected': (r) => { delete r.ApiToDb; },
  'forbidden': (r) => { inline(r, 'ApiGroup', rule(22, { SourceSecurityGroupId: groupOf('DbGroup') })); delete r.DbGroup.Properties.SecurityGroupEgress; },
};

test('every rule has a mistake here', () => {
  expect(Object.keys(MISTAKES).map((id) => `reachability-${id}`).sort()).toEqual(REACHABILITY_RULES.map(({ id }) => id).sort());
});

test('every rule applies to a complete backend, and holds', () => {
  const report = reportOf(complete());
  expect(report.findings).toEqual([]);
  expect(report.rules.map(({ ruleId }) => ruleId)).toEqual(REACHABILITY_RULES.map(({ id }) => id).sort());
  expect(report.rulesHeld).toBe(REACHABILITY_RULES.length);
  expect(report.success).toBe(true);
});

test.each(Object.keys(MISTAKES))('fails by rule %s with its mistake', (id) => {
  const resources = complete();
  MISTAKES[id](resources);
  const report = reportOf(resources);
  const definition = REACHABILITY_RULES.find((each) => each.id === `reachability-${id}`)!;
  const found = report.findings.filter(({ ruleId }) => ruleId === definition.id);
  expect(found).not.toEqual([]);
  expect(found[0].outcome).toBe(definition.severity === 'error' ? CheckOutcome.VIOLATION : CheckOutcome.ADVICE);
  expect(found[0].constructPath).toMatch(/^Lab\//);
  expect(found[0].message).toMatch(/^\S.*[^ .]\.$/);
  expect(found[0].fix).toMatch(/^[A-Z].*\.$/);
});

test('every rule says what, why and what to change, and where that is written', () => {
  for (const { id, title, why, fix, severity, see } of REACHABILITY_RULES) {
    expect(id).toMatch(/^reachability-[a-z-]+$/);
    expect([title, why, fix].filter((text) => !/^[A-Z]/.test(text))).toEqual([]);
    expect([why, fix].filter((text) => !text.endsWith('.'))).toEqual([]);
    expect(['error', 'warning']).toContain(severity);
    expect(see ?? 'https://docs.aws.amazon.com/').toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
  }
  expect(new Set(REACHABILITY_RULES.map(({ id }) => id)).size).toBe(REACHABILITY_RULES.length);
  expect(new ReachabilityCheck().ruleIds).toEqual([...REACHABILITY_RULES.map(({ id }) => id), 'nested-template']);
});

test('an isolated backend holds without any way to the internet', () => {
  const resources = isolatedBackend();
  for (const id of ['Nat', 'PrivateRoute']) {
    delete resources[id];
  }
  expect(reportOf(resources).findings).toEqual([]);
  expect(reportOf(network()).rules).toEqual([]);
});
