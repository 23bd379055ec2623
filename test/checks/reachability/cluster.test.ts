import { cluster, dataOf, expose, isolatedCluster, NODE_ENDPOINTS, NODES, PEER_PORTS } from './cluster';
import { att, everyone, groupOf, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

function without(...ids: string[]): (resources: Resources) => void {
  return (resources) => ids.forEach((id) => {
    expect(Object.keys(resources)).toContain(id);
    delete resources[id];
  });
}

const peers = (node: number) => NODES.filter((other) => other !== node).map((other) => `Lab/Group${other}`).join(' and ');
const noPeer = (port: number | string, reason = '') => NODES.map((node) => (
  new RegExp(`violation client-to-instance Lab/Group${node}: Lab/Group${node} is given the address of ${peers(node)} and does not reach it on TCP ${port}: .*${reason}`)));
const noTarget = (on: string) => NODES.map((node) => new RegExp(`violation balancer-to-target Lab/Group${node}: load balancer Lab/Entry does not reach Lab/Group${node} on ${on}`));
const noStore = (client: string) => new RegExp(`violation client-to-store Lab/${client}: Lab/${client} is given load balancer Lab/Entry and does not reach it on TCP 5432`);
const each = (pattern: string) => NODES.map((node) => new RegExp(pattern.replaceAll('NODE', `Lab/Group${node}`)));

const missing: Case[] = [
  { name: 'a cluster reaches its peers, its load balancer reaches it, and its clients the load balancer', change: () => {}, findings: [] },
  ...PEER_PORTS.flatMap((port): Case[] => [
    { name: `fails where nodes do not admit each other on ${port}`, change: without(`NodeFromNode${port}`), findings: noPeer(port, 'no ingress rule') },
    { name: `fails where nodes may not go out to each other on ${port}`, change: without(`NodeToNode${port}`), findings: noPeer(port, 'no egress rule') },
  ]),
  ...([['5432', 'TCP 5432'], ['8008', 'its health-check port, TCP 8008']] as const).flatMap(([port, on]): Case[] => [
    { name: `fails where nodes do not admit the load balancer on ${port}`, change: without(`NodeFromEntry${port}`), findings: noTarget(on) },
    { name: `fails where the load balancer may not go out to nodes on ${port}`, change: without(`EntryToNode${port}`), findings: noTarget(on) },
  ]),
  ...['Api', 'Sql'].flatMap((client): Case[] => [
    { name: `fails where the load balancer does not admit ${client}`, change: without(`EntryFrom${client}5432`), findings: [noStore(client)] },
    { name: `fails where ${client} may not go out to the load balancer`, change: without(`${client}ToEntry5432`), findings: [noStore(client)] },
  ]),
  {
    name: 'fails where nodes may not go out to AWS, and leaves the mirrors to HTTP',
    change: (r) => { r.NodeGroup = securityGroup([], [rule(80, everyone)]); },
    findings: [
      ...each('violation instance-first-boot NODE: the first boot of NODE fails: no way to ec2, s3 and cloudformation'),
      ...each('advice instance-services NODE: the role of NODE is for services that it does not reach: no way to secretsmanager, lambda, monitoring and autoscaling'),
      ...each('violation session-manager NODE: Session Manager does not reach instance NODE: no way to ssm and ssmmessages'),
    ],
  },
  {
    name: 'undecided where nodes reach the mirrors of packages by HTTPS only',
    change: (r) => { r.NodeGroup = securityGroup([], [rule(443, everyone)]); },
    findings: each('undecided instance-first-boot NODE: whether NODE gets its Debian packages is not known: it reaches mirrors by HTTPS only'),
  },
  {
    name: 'fails where the subnet of one node has no way out',
    change: (r) => { r.Card2.Properties.SubnetId = ref('Isolated0'); },
    findings: ['instance-first-boot Lab/Group2: .*no way to ec2', 'instance-first-boot Lab/Group2: .*no way to mirrors', 'session-manager Lab/Group2', 'instance-services Lab/Group2'].map((text) => new RegExp(text)),
  },
  {
    name: 'fails where a node in a public subnet has no address, which EC2 gives to no interface that was made before',
    change: (r) => {
      expose(r, 1);
      r.Public0.Properties.MapPublicIpOnLaunch = true;
      delete r.Association;
    },
    findings: ['violation instance-first-boot Lab/Group1: .*no way to ec2.*it has no public IP address', 'violation instance-first-boot Lab/Group1: .*no way to mirrors', 'violation session-manager Lab/Group1', 'advice instance-services Lab/Group1'].map((text) => new RegExp(text)),
  },
];

const ports: Case[] = [
  {
    name: 'fails where no rule lets the nodes talk to each other at all',
    change: without(...PEER_PORTS.flatMap((port) => [`NodeFromNode${port}`, `NodeToNode${port}`])),
    findings: [
      ...NODES.map((node) => new RegExp(`violation client-to-instance Lab/Group${node}: Lab/Group${node} is given the address of ${peers(node)} and does not reach it on any port: no rule of their security groups lets TCP through`)),
      ...[5432, 8008].flatMap((port) => each(`undecided client-to-instance NODE: whether NODE has to reach .* on TCP ${port}, as load balancer Lab/Entry does, is not known`)),
    ],
  },
  ...[5432, 8008].map((port): Case => ({
    name: `undecided where no rule names ${port} between nodes, on which the load balancer looks after them`,
    change: without(`NodeFromNode${port}`, `NodeToNode${port}`),
    findings: each(`undecided client-to-instance NODE: whether NODE has to reach .*, whose address it is given, on TCP ${port}, as load balancer Lab/Entry does, is not known: .*no egress rule`),
  })),
  {
    name: 'fails where a text names the port behind the address, which no rule opens',
    change: (r) => { dataOf(r, 1).UserData = { 'Fn::Base64': { 'Fn::Sub': 'initial-cluster: https://${Card2.PrimaryPrivateIpAddress}:2381' } }; },
    findings: [/violation client-to-instance Lab\/Group1: Lab\/Group1 is given the address of Lab\/Group2 and does not reach it on TCP 2381/],
  },
  {
    name: 'needs no other port than the one behind the address',
    change: (r) => { dataOf(r, 1).UserData = { 'Fn::Base64': { 'Fn::Sub': '${Card2.PrimaryPrivateIpAddress}:2379' } }; without('NodeFromNode8008')(r); },
    findings: [
      /undecided client-to-instance Lab\/Group1: whether Lab\/Group1 has to reach Lab\/Group2, whose address it is given, on TCP 8008/,
      ...noPeer(8008).slice(1),
    ],
  },
  ...(['NodeFromNode', 'NodeToNode'] as const).map((side): Case => ({
    name: `fails where one side of two ports in one rule is narrower: ${side}2379`,
    change: (r) => {
      without('NodeFromNode2380', 'NodeToNode2380')(r);
      Object.assign(r[`${side === 'NodeFromNode' ? 'NodeToNode' : 'NodeFromNode'}2379`].Properties, { ToPort: 2380 });
    },
    findings: noPeer('2379 to 2380', `no ${side === 'NodeFromNode' ? 'ingress' : 'egress'} rule for TCP 2380`),
  })),
  {
    name: 'a rule for every port of the own group needs no second one for each of them',
    change: (r) => {
      without('NodeFromNode2379', 'NodeFromNode2380')(r);
      Object.assign(r.NodeFromNode8008.Properties, { FromPort: 1024, ToPort: 65535 });
    },
    findings: [],
  },
  {
    name: 'fails where a service is given the address of a node that does not admit it',
    change: (r) => { Object.assign(r.ApiTask.Properties, { ContainerDefinitions: [{ Name: 'main', Image: 'nginx', Environment: [{ Name: 'PRIMARY', Value: att('Card1', 'PrimaryPrivateIpAddress') }] }] }); },
    findings: [/violation client-to-instance Lab\/Api: Lab\/Api is given the address of Lab\/Group1 and does not reach it on any port/],
  },
  {
    name: 'an address of a client, which a node is to admit, asks for no way to it',
    change: (r) => {
      r.Client = { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Private0'), SecurityGroupIds: [groupOf('ClientGroup')] } };
      r.ClientGroup = securityGroup([], [rule(5432, { CidrIp: '10.0.0.0/16' })]);
      r.NodeFromClient = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('NodeGroup'), IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, CidrIp: '10.0.10.0/24' } };
      dataOf(r, 1).UserData = { 'Fn::Base64': att('Client', 'PrivateIp') };
    },
    findings: [],
  },
  {
    name: 'undecided where the network interface of a node comes from elsewhere',
    change: (r) => {
      dataOf(r, 3).NetworkInterfaces = [{ DeviceIndex: 0, NetworkInterfaceId: { 'Fn::ImportValue': 'card' } }];
    },
    findings: [
      /undecided internet-to-instance Lab\/Group3/, /undecided instance-first-boot Lab\/Group3: .*ec2, s3 and cloudformation/, /undecided instance-first-boot Lab\/Group3: .*Debian/, /undecided instance-services Lab\/Group3/,
      /undecided session-manager Lab\/Group3/, ...Array.from({ length: 2 }, () => /undecided balancer-to-target Lab\/(Write|Read)Targets: .*\$\{Card3\.PrimaryPrivateIpAddress\}/),
      /undecided client-to-store Lab\/Group3/, /undecided client-to-instance Lab\/Group3/,
    ],
  },
];

/** A function outside of the VPC that signs certificates, told of names by its variables and by a custom resource. */
function signer(r: Resources, key: string, property: string): void {
  const identities = `{"Node1":{"commonName":"node-1","${key}":["localhost","\${Entry.DNSName}"],"ipAddresses":["\${Card1.PrimaryPrivateIpAddress}"]}}`;
  r.Authority = { Type: 'Custom::CertificateAuthority', Properties: { ServiceToken: 'arn', [property]: [att('Entry', 'DNSName')] } };
  r.Certifier = { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { IDENTITIES: { 'Fn::Sub': identities }, AUTHORITIES: att('Authority', 'Certificates') } } } };
}

const certificates: Case[] = [
  { name: 'who signs certificates with the name of the load balancer connects to nobody', change: (r) => signer(r, 'dnsNames', 'PermittedDnsNames'), findings: [] },
  { name: 'fails where the name stands in another list of a text', change: (r) => signer(r, 'servers', 'PermittedDnsNames'), findings: [/violation client-to-store Lab\/Certifier/] },
  { name: 'fails where a custom resource was told the name as another property', change: (r) => signer(r, 'dnsNames', 'Servers'), findings: [/violation client-to-store Lab\/Certifier/] },
];

/** A rule that lets more in than anybody needs. */
function admit(r: Resources, port: number, peer: Record<string, unknown>): void {
  r.Superfluous = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('NodeGroup'), ...rule(port, peer) } };
}

const superfluous: Case[] = [
  {
    name: 'a node with a public address that admits the load balancer and its peers only is out of reach of the internet',
    change: (r) => expose(r, 1),
    findings: [],
  },
  {
    name: 'fails where a node has a public address and admits SSH from everywhere',
    change: (r) => { expose(r, 1); admit(r, 22, everyone); },
    findings: [
      /violation internet-to-instance Lab\/Group1: the internet reaches instance Lab\/Group1 \(rules: TCP 22 from 0\.0\.0\.0\/0\): the way is the internet gateway, a public IP address, ingress rules of security group Lab\/NodeGroup/,
      /advice rule-any-source Lab\/Superfluous/, /advice rule-remote-login Lab\/Superfluous/,
    ],
  },
  {
    name: 'fails where a node has a public address and admits PostgreSQL from an office',
    change: (r) => { expose(r, 2); admit(r, 5432, { CidrIp: '203.0.113.0/28' }); },
    findings: [/violation internet-to-instance Lab\/Group2: the internet reaches instance Lab\/Group2 \(rules: TCP 5432 from 203\.0\.113\.0\/28\)/],
  },
  { name: 'advises against a rule of private nodes that admits every address', change: (r) => admit(r, 5432, everyone), findings: [/advice rule-any-source Lab\/Superfluous: .*Lab\/NodeGroup is the group of Lab\/Group1/] },
  { name: 'advises against SSH beside Session Manager, also within the network', change: (r) => admit(r, 22, { CidrIp: '10.0.0.0/16' }), findings: [/advice rule-remote-login Lab\/Superfluous: the ingress rule for TCP 22 from 10\.0\.0\.0\/16 of Lab\/NodeGroup admits SSH, and Lab\/Group1 has the permissions of Session Manager/] },
  { name: 'advises against every port for the group of a client', change: (r) => { admit(r, 0, { SourceSecurityGroupId: groupOf('ApiGroup') }); r.Superfluous.Properties.ToPort = 65535; }, findings: [/advice rule-any-port Lab\/Superfluous/] },
  {
    name: 'SSH is the way in where an instance has no permissions of Session Manager',
    change: (r) => {
      admit(r, 22, { CidrIp: '10.0.0.0/16' });
      NODES.forEach((node) => { r[`Role${node}`].Properties = {}; });
    },
    findings: [],
  },
];

const isolated: Case[] = [
  { name: 'a cluster without a way out has an endpoint for each service that it needs', change: () => {}, findings: [] },
  ...Object.entries(NODE_ENDPOINTS).map(([id, service]): Case => {
    const rules = /^ssm/.test(service) ? 'session-manager' : /^(ec2|cloudformation)$/.test(service) ? 'instance-first-boot' : 'instance-services';
    return { name: `fails where the endpoint of ${service} is missing`, change: without(id), findings: each(`${rules} NODE: .*no way to ${service} .*InterfaceVpcEndpointAwsService`) };
  }),
  { name: 'fails where the endpoint of S3 is missing', change: without('S3'), findings: each('violation instance-first-boot NODE: .*no way to s3') },
  {
    name: 'advises where the policy of an endpoint refuses what the role may do',
    change: (r) => { r.Secrets.Properties.PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'secretsmanager:DescribeSecret', Resource: '*' }] }; },
    findings: each('advice instance-services NODE: .*the policy of interface endpoint Lab/Secrets does not allow secretsmanager:GetSecretValue'),
  },
  {
    name: 'fails where the endpoints do not admit the nodes',
    change: without('EndpointFromNode'),
    findings: ['instance-first-boot', 'instance-services', 'session-manager'].flatMap((id) => each(`${id} NODE: .*security group Lab/EndpointGroup has no ingress rule for TCP 443 from security group Lab/NodeGroup`)),
  },
  {
    name: 'fails where packages of a public image are to be installed',
    change: (r) => {
      Object.assign(dataOf(r, 1), { ImageId: 'resolve:ssm:/aws/service/debian/release/13/latest/arm64', UserData: { 'Fn::Base64': 'dpkg -s curl || apt-get install -y curl' } });
    },
    findings: [/violation instance-first-boot Lab\/Group1: the first boot of Lab\/Group1 fails: no way to mirrors of Debian packages/],
  },
  {
    name: 'undecided where an image of one\'s own may hold the packages',
    change: (r) => { dataOf(r, 1).UserData = { 'Fn::Base64': 'dpkg -s curl || apt-get install -y curl' }; },
    findings: [/undecided instance-first-boot Lab\/Group1: .*it reaches no mirror, and whether its image holds the packages is in no template/],
  },
];

describeCases('a cluster of three nodes behind a load balancer', cluster, missing);
describeCases('the ports between nodes', cluster, ports);
describeCases('names that go into certificates', cluster, certificates);
describeCases('what nodes admit besides', cluster, superfluous);
describeCases('a cluster without a way to the internet', isolatedCluster, isolated);
