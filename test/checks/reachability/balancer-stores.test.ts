import { att, awsvpc, backend, egressTo, everyone, groupOf, ingressFrom, ref, rule, securityGroup, taskDefinition } from './lab';
import { describeCases, type Case, type Resources } from './support';

const cannot = (client = 'Api') => new RegExp(`violation client-to-store Lab/${client}: Lab/${client} is given load balancer Lab/Inner and does not reach it on TCP 5432: `
  + '.*security group Lab/InnerGroup has no ingress rule for TCP 5432 from security group Lab/ApiGroup');

function listener(port: unknown, protocol = 'TCP') {
  return { Type: 'AWS::ElasticLoadBalancingV2::Listener', Properties: { LoadBalancerArn: ref('Inner'), Port: port, Protocol: protocol, DefaultActions: [{ Type: 'forward', TargetGroupArn: ref('InnerTargets') }] } };
}

/** A backend whose service is told of an internal load balancer in front of an instance, and of nothing else. */
function innerBackend(): Resources {
  const outer = Object.entries(backend()).filter(([id]) => !/^(Db|ApiToDb)/.test(id));
  return {
    ...Object.fromEntries(outer),
    ApiTask: taskDefinition({ Secrets: [], Environment: [{ Name: 'HOST', Value: att('Inner', 'DNSName') }] }),
    InnerGroup: securityGroup([], []),
    Inner: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'network', Scheme: 'internal', Subnets: [ref('Isolated0'), ref('Isolated1')], SecurityGroups: [groupOf('InnerGroup')] } },
    InnerListener: listener(5432),
    InnerTargets: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { VpcId: ref('Vpc'), Port: 5432, Protocol: 'TCP', TargetType: 'instance', Targets: [{ Id: ref('Node') }] } },
    NodeGroup: securityGroup([], []),
    Node: { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Isolated0'), SecurityGroupIds: [groupOf('NodeGroup')] } },
    InnerToNode: egressTo('InnerGroup', 'NodeGroup', 5432),
    NodeFromInner: ingressFrom('NodeGroup', 'InnerGroup', 5432),
    ApiToInner: egressTo('ApiGroup', 'InnerGroup', 5432),
    InnerFromApi: ingressFrom('InnerGroup', 'ApiGroup', 5432),
  };
}

function tell(r: Resources, ...values: unknown[]): void {
  r.ApiTask = taskDefinition({ Secrets: [], Environment: values.map((Value, index) => ({ Name: `V${index}`, Value })) });
}

/** Tells the service by something else, and takes the rule away that it needs. */
function tellBy(r: Resources, carrier: Resources, value: unknown): void {
  Object.assign(r, carrier);
  tell(r, value);
  delete r.InnerFromApi;
}

const told: Case[] = [
  { name: 'a service reaches the load balancer that it is given', change: () => {}, findings: [] },
  { name: 'fails where the load balancer does not admit the service', change: (r) => { delete r.InnerFromApi; }, findings: [cannot()] },
  { name: 'a service that knows only the ARN of a load balancer needs no way to it', change: (r) => { tell(r, ref('Inner'), att('Inner', 'LoadBalancerFullName')); delete r.InnerFromApi; }, findings: [] },
  { name: 'fails where the name is part of a text', change: (r) => { tell(r, { 'Fn::Sub': 'postgres://${Inner.DNSName}/app' }); delete r.InnerFromApi; }, findings: [cannot()] },
  { name: 'fails where the name is in a secret', change: (r) => tellBy(r, { Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: { 'Fn::Sub': '{"host":"${Inner.DNSName}"}' } } } }, ref('Secret')), findings: [cannot()] },
  { name: 'fails where the name is in a generated secret', change: (r) => tellBy(r, { Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: { SecretStringTemplate: { 'Fn::Sub': '{"host":"${Inner.DNSName}"}' } } } } }, ref('Secret')), findings: [cannot()] },
  { name: 'fails where the name is in a parameter', change: (r) => tellBy(r, { Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: att('Inner', 'DNSName') } } }, att('Parameter', 'Value')), findings: [cannot()] },
  { name: 'fails where another name leads to it', change: (r) => tellBy(r, { Name: { Type: 'AWS::Route53::RecordSet', Properties: { Name: 'db.internal', Type: 'A', AliasTarget: { DNSName: att('Inner', 'DNSName') } } } }, ref('Name')), findings: [cannot()] },
  { name: 'fails where another name that leads to it is written out', change: (r) => tellBy(r, { Name: { Type: 'AWS::Route53::RecordSet', Properties: { Name: 'db.internal.', Type: 'CNAME', ResourceRecords: [att('Inner', 'DNSName')] } } }, 'postgres://db.internal:5432/app'), findings: [cannot()] },
  { name: 'a name that only looks like it leads elsewhere', change: (r) => tellBy(r, { Name: { Type: 'AWS::Route53::RecordSet', Properties: { Name: 'db.internal', Type: 'CNAME', ResourceRecords: [att('Inner', 'DNSName')] } } }, 'other-db.internal:5432'), findings: [] },
  { name: 'fails where a custom resource was told the name', change: (r) => tellBy(r, { User: { Type: 'Custom::User', Properties: { ServiceToken: 'arn', Server: att('Inner', 'DNSName') } } }, att('User', 'SecretArn')), findings: [cannot()] },
  { name: 'fails where a custom resource asks for the name', change: (r) => tellBy(r, { Ask: { Type: 'Custom::AWS', Properties: { ServiceToken: 'arn', Create: { 'Fn::Sub': '{"arn":"${Inner}"}' } } } }, att('Ask', 'LoadBalancers.0.DNSName')), findings: [cannot()] },
  { name: 'a custom resource that was told the ARN answers with something else', change: (r) => tellBy(r, { Ask: { Type: 'Custom::AWS', Properties: { ServiceToken: 'arn', Arn: ref('Inner') } } }, att('Ask', 'Version')), findings: [] },
  { name: 'a load balancer without a listener serves nobody', change: (r) => { delete r.InnerListener; delete r.InnerFromApi; delete r.ApiToInner; }, findings: [] },
  { name: 'undecided where the port of the listener is a parameter', change: (r) => { r.InnerListener = listener({ 'Fn::ImportValue': 'port' }); }, findings: [/undecided client-to-store Lab\/Api: .*the port of a listener of Lab\/Inner is known at deployment/] },
  { name: 'a load balancer on the internet is reached by its public addresses', change: (r) => { tell(r, att('Balancer', 'DNSName')); }, findings: [] },
  {
    name: 'a server that is told the name of the load balancer before it is told its own',
    change: (r) => { r.Node.Properties.UserData = { 'Fn::Base64': att('Inner', 'DNSName') }; },
    findings: [],
  },
  {
    name: 'fails where a function is told of the load balancer before another service',
    change: (r) => {
      r.Worker = { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { HOST: att('Inner', 'DNSName') } }, VpcConfig: { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('ApiGroup')] } } };
      r.Other = { Type: 'AWS::ECS::Service', Properties: { LaunchType: 'FARGATE', TaskDefinition: ref('ApiTask'), NetworkConfiguration: awsvpc('Private', 'NodeGroup'), LoadBalancers: [{ TargetGroupArn: ref('InnerTargets'), ContainerName: 'main', ContainerPort: 5432 }] } };
      r.NodeGroup = securityGroup([], [rule(443, everyone)]);
      Object.assign(r.InnerTargets.Properties, { TargetType: 'ip', Targets: undefined });
      delete r.Node;
      delete r.InnerFromApi;
    },
    findings: [cannot(), cannot('Worker')],
  },
];

const ports: Case[] = [
  {
    name: 'a client that is told no port may use any listener',
    change: (r) => { r.ReadListener = listener(5433); },
    findings: [],
  },
  {
    name: 'fails where a client is told the port of the listener that it does not reach',
    change: (r) => { r.ReadListener = listener(5433); tell(r, { 'Fn::Sub': '${Inner.DNSName}:5433' }); },
    findings: [/violation client-to-store Lab\/Api: .* no egress rule for TCP 5433/],
  },
  {
    name: 'fails where a function has the port as a variable',
    change: (r) => {
      r.ReadListener = listener(5433);
      r.Worker = { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { HOST: att('Inner', 'DNSName'), PORT: '5433' } }, VpcConfig: { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('ApiGroup')] } } };
    },
    findings: [/violation client-to-store Lab\/Worker: .* no egress rule for TCP 5433/],
  },
  {
    name: 'fails where nothing listens on the port that a client is told',
    change: (r) => tell(r, { 'Fn::Sub': '${Inner.DNSName}:6432' }),
    findings: [/violation client-to-store Lab\/Api: .*load balancer Lab\/Inner has no listener on TCP 6432/],
  },
  { name: 'a listener for UDP is no server of connections', change: (r) => { r.InnerListener = listener(5432, 'UDP'); delete r.InnerFromApi; }, findings: [] },
];

/** The node registered in another way. */
function register(r: Resources, Id: unknown, TargetType = 'ip'): void {
  Object.assign(r.InnerTargets.Properties, { TargetType, Targets: [{ Id }] });
}

const cutOff = /violation balancer-to-target Lab\/Node: load balancer Lab\/Inner does not reach Lab\/Node on TCP 5432/;
const targets: Case[] = [
  { name: 'fails where the load balancer does not reach an instance', change: (r) => { delete r.NodeFromInner; }, findings: [cutOff] },
  { name: 'fails where it does not reach an instance by its address', change: (r) => { register(r, att('Node', 'PrivateIp')); delete r.NodeFromInner; }, findings: [cutOff] },
  {
    name: 'fails where it does not reach the network interface of an instance',
    change: (r) => {
      r.Card = { Type: 'AWS::EC2::NetworkInterface', Properties: { SubnetId: ref('Isolated0'), GroupSet: [groupOf('NodeGroup')] } };
      r.Node.Properties = { NetworkInterfaces: [{ DeviceIndex: '0', NetworkInterfaceId: ref('Card') }] };
      register(r, att('Card', 'PrimaryPrivateIpAddress'));
      delete r.NodeFromInner;
    },
    findings: [cutOff],
  },
  {
    name: 'undecided where it leads to an address that no template makes',
    change: (r) => register(r, '10.0.20.7'),
    findings: [/undecided balancer-to-target Lab\/InnerTargets: whether load balancer Lab\/Inner reaches target 10\.0\.20\.7 is not known/],
  },
];

/** Brokers of which a service is told by an answer of a custom resource. */
function brokers(r: Resources, question: unknown, answer: string, reached = false): void {
  r.Kafka = { Type: 'AWS::MSK::ServerlessCluster', Properties: { VpcConfigs: [{ SubnetIds: [ref('Isolated0'), ref('Isolated1')], SecurityGroups: [groupOf('KafkaGroup')] }] } };
  r.KafkaGroup = securityGroup(reached ? [rule(9098, { SourceSecurityGroupId: groupOf('ApiGroup') })] : [], []);
  r.Ask = { Type: 'Custom::Brokers', Properties: { ServiceToken: 'arn', Question: question } };
  if (reached) {
    r.ApiToKafka = egressTo('ApiGroup', 'KafkaGroup', 9098);
  }
  tell(r, att('Inner', 'DNSName'), att('Ask', answer));
}

const noBroker = /violation client-to-store Lab\/Api: Lab\/Api is given broker Lab\/Kafka and does not reach it on TCP 9098/;
const asked: Case[] = [
  { name: 'a service reaches the brokers that a custom resource asked for', change: (r) => brokers(r, att('Kafka', 'Arn'), 'BootstrapBrokers', true), findings: [] },
  { name: 'fails where it does not', change: (r) => brokers(r, att('Kafka', 'Arn'), 'BootstrapBrokerStringSaslIam'), findings: [noBroker] },
  { name: 'fails where the ARN is part of a text', change: (r) => brokers(r, { 'Fn::Sub': '{"ClusterArn":"${Kafka}"}' }, 'BootstrapBrokers'), findings: [noBroker] },
  {
    name: 'undecided where the answer may be about something else',
    change: (r) => brokers(r, att('Kafka', 'Arn'), 'Value'),
    findings: [/undecided client-to-store Lab\/Api: whether Lab\/Api has to reach broker Lab\/Kafka on TCP 9098, which it does not, is not known: it is given an answer of Lab\/Ask/],
  },
  { name: 'an answer that may be about something else needs nothing more where the way is there', change: (r) => brokers(r, att('Kafka', 'Arn'), 'Value', true), findings: [] },
];

describeCases('a client of an internal load balancer', innerBackend, told);
describeCases('the port of an internal load balancer', innerBackend, ports);
describeCases('the servers behind an internal load balancer', innerBackend, targets);
describeCases('brokers that a custom resource asks for', innerBackend, asked);
