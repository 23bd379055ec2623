import { HOLDS, open, reasonOf, wrong, type Answer, type HardeningRule, type Problem } from './hardening-rule';
import { coversEverything, isAnywhere, portsOf } from './port-ranges';
import { subnetKind } from './subnets';
import type { World } from './world';
import { isMap, literalText, listOf, rendered, Unknown, type ModelMap, type ModelResource, type ModelValue } from '../../private/model';
import { storeColumn } from '../../private/store-types';
import { valueAt } from '../../private/store-types/row';

/** Where a resource says in which subnets its tasks run. */
function placementsOf(resource: ModelResource): { readonly location: string; readonly placement: ModelMap }[] {
  const placement = (value: ModelValue | undefined, location: string) => (isMap(value) ? [{ placement: value, location }] : []);
  switch (resource.type) {
    case 'AWS::Events::Rule':
      return resource.list('Targets').flatMap((target, index) => {
        const ecs = isMap(target) && isMap(target.EcsParameters) ? target.EcsParameters : {};
        const network = isMap(ecs.NetworkConfiguration) ? ecs.NetworkConfiguration : {};
        return placement(network.AwsVpcConfiguration, `Targets.${index}.EcsParameters.NetworkConfiguration.AwsVpcConfiguration`);
      });
    case 'AWS::Scheduler::Schedule':
      return placement(resource.value('Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration'), 'Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration');
    default:
      return placement(resource.value('NetworkConfiguration.AwsvpcConfiguration'), 'NetworkConfiguration.AwsvpcConfiguration');
  }
}

function judgePlacements(resource: ModelResource, judge: (placement: ModelMap, location: string) => readonly Problem[]): Answer {
  const placements = placementsOf(resource);
  return placements.length === 0 ? undefined : placements.flatMap(({ placement, location }) => judge(placement, location));
}

/** Problems of a list of subnets of which none may be public. */
function publicSubnets(subnets: ModelValue | undefined, location: string, world: World): readonly Problem[] {
  if (subnets instanceof Unknown) {
    return open(`Its subnets are not decided: ${reasonOf(subnets)}.`, location);
  }
  const kinds = listOf(subnets).map((subnet) => ({ subnet, kind: subnetKind(subnet, world) }));
  const undecided = kinds.filter(({ kind }) => kind === 'open').map(({ subnet }) => rendered(subnet));
  const reachable = kinds.filter(({ kind }) => kind === 'public').map(({ subnet }) => rendered(subnet));
  if (reachable.length > 0) {
    return wrong(`It is placed in public subnets, whose routes lead to an internet gateway: ${reachable.join(', ')}.`, location);
  }
  return undecided.length > 0 ? open(`Whether its subnets are private is not in the templates: ${undecided.join(', ')}.`, location) : [];
}

const STORES = storeColumn('network');

/** Where subnets of stores stand: in their subnet group, which is judged once for all that use it, or in the store. */
const STORE_SUBNETS: { readonly [type: string]: string } = Object.fromEntries(
  Object.entries(STORES).map(([type, { subnets }]) => [subnets.group?.type ?? type, subnets.path]),
);

function judgeStoreSubnets(resource: ModelResource, world: World): Answer {
  const path = STORE_SUBNETS[resource.type];
  const { inVpcBy } = STORES[resource.type] ?? {};
  if (inVpcBy !== undefined && resource.value(inVpcBy) === undefined) {
    return undefined;
  }
  const subnets = valueAt(resource, path);
  return subnets === undefined ? open('It names no subnets, and whether those of the default VPC, which AWS takes then, are private is not in the templates.', path)
    : publicSubnets(subnets, path, world);
}

const TASK_PLACES = ['AWS::ECS::Service', 'AWS::Events::Rule', 'AWS::Scheduler::Schedule'];
const SEE_PRIVATE_TASKS = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-network.html';
const SEE_GROUP_RULES = 'https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html';

/**
 * Rules that a security group has, inline and as resources of their own: either takes away the one that allows everything.
 *
 * @see https://github.com/aws/aws-cdk/issues/987
 */
function egressRules(group: ModelResource, world: World): ModelMap[] {
  const inline = group.list('SecurityGroupEgress').filter(isMap);
  return [...inline, ...world.pointingAt('AWS::EC2::SecurityGroupEgress', 'GroupId', group).map(({ properties }) => properties)];
}

function judgeEgress(group: ModelResource, world: World): Answer {
  const inline = group.value('SecurityGroupEgress');
  if (inline !== undefined && !Array.isArray(inline)) {
    return open(`Its outbound rules are not decided: ${reasonOf(inline)}.`, 'SecurityGroupEgress');
  }
  const rules = egressRules(group, world);
  if (rules.length === 0) {
    return wrong('It has no outbound rule, so AWS gives it one that allows every destination and port.', 'SecurityGroupEgress');
  }
  return rules.filter((rule) => isAnywhere(rule) && coversEverything(rule))
    .flatMap((rule) => wrong(`It allows ${portsOf(rule)} to any address (${anywhere(rule)}).`, 'SecurityGroupEgress'));
}

function anywhere(rule: ModelMap): string {
  return literalText(rule.CidrIp) ?? literalText(rule.CidrIpv6) ?? '';
}

/** Ports of databases, brokers, caches and remote administration, by what listens there. */
const PRIVATE_PORTS: { readonly [port: number]: string } = {
  22: 'SSH',
  1433: 'SQL Server',
  1521: 'Oracle',
  2049: 'NFS',
  2181: 'ZooKeeper',
  3306: 'MySQL',
  3389: 'RDP',
  5432: 'PostgreSQL',
  5439: 'Redshift',
  5671: 'AMQP',
  6379: 'Redis',
  9042: 'Cassandra',
  9092: 'Kafka',
  9094: 'Kafka',
  9096: 'Kafka',
  9098: 'Kafka',
  9200: 'OpenSearch',
  11211: 'Memcached',
  27017: 'MongoDB',
};

function judgeIngressRule(rule: ModelMap, location: string): readonly Problem[] {
  if (!isAnywhere(rule)) {
    return [];
  }
  if (coversEverything(rule)) {
    return wrong(`It accepts ${portsOf(rule)} from any address (${anywhere(rule)}).`, location);
  }
  const [from, to] = [Number(literalText(rule.FromPort)), Number(literalText(rule.ToPort) ?? literalText(rule.FromPort))];
  const exposed = Object.entries(PRIVATE_PORTS).filter(([port]) => Number(port) >= from && Number(port) <= to);
  return exposed.length === 0 ? [] : wrong(`It accepts ${portsOf(rule)} from any address (${anywhere(rule)}): ${exposed.map(([port, name]) => `${name} (${port})`).join(', ')}.`, location);
}

function judgeIngress(resource: ModelResource): Answer {
  if (resource.type === 'AWS::EC2::SecurityGroupIngress') {
    return judgeIngressRule(resource.properties, 'CidrIp');
  }
  const rules = resource.value('SecurityGroupIngress');
  if (rules !== undefined && !Array.isArray(rules)) {
    return open(`Its inbound rules are not decided: ${reasonOf(rules)}.`, 'SecurityGroupIngress');
  }
  return listOf(rules).filter(isMap).flatMap((rule, index) => judgeIngressRule(rule, `SecurityGroupIngress.${index}`));
}

function hasS3Endpoint(vpc: ModelResource, world: World): boolean {
  return world.pointingAt('AWS::EC2::VPCEndpoint', 'VpcId', vpc).some((endpoint) => /\.s3$/.test(rendered(endpoint.value('ServiceName') ?? '')));
}

export const NETWORK_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-task-public-ip',
    title: 'Tasks have no public IP address',
    why: 'A task with a public address is one wrong security group rule away from the internet.',
    fix: 'Set assignPublicIp to false and place the tasks in private subnets with a NAT gateway or interface endpoints.',
    severity: 'error',
    see: SEE_PRIVATE_TASKS,
    from: 'production',
    types: TASK_PLACES,
    judge: (resource) => judgePlacements(resource, ({ AssignPublicIp: value }, location) => {
      const text = value === undefined ? 'DISABLED' : literalText(value);
      return text === undefined && value !== undefined
        ? open(`Whether its tasks have a public address is not decided: ${reasonOf(value)}.`, location)
        : text === 'ENABLED' ? wrong('Each of its tasks gets a public IP address: AssignPublicIp is ENABLED.', location) : [];
    }),
  },
  {
    id: 'hardening-task-private-subnets',
    title: 'Tasks run in private subnets',
    why: 'In a subnet without a route to an internet gateway nothing outside can start a connection, whatever the security groups say.',
    fix: 'Place the tasks with vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } or in isolated subnets with endpoints.',
    severity: 'error',
    see: SEE_PRIVATE_TASKS,
    from: 'production',
    types: TASK_PLACES,
    judge: (resource, world) => judgePlacements(resource, ({ Subnets: subnets }, location) => publicSubnets(subnets, `${location}.Subnets`, world)),
  },
  {
    id: 'hardening-database-private-subnets',
    title: 'Databases, caches and brokers are in private subnets',
    why: 'In a public subnet one changed flag or rule makes the data reachable from the internet.',
    fix: 'Place it with vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html',
    from: 'development',
    types: Object.keys(STORE_SUBNETS),
    judge: judgeStoreSubnets,
  },
  {
    id: 'hardening-vpc-s3-endpoint',
    title: 'Traffic to S3 stays in AWS\'s network',
    why: 'Image layers come from S3. A gateway endpoint is free, keeps them off the NAT gateway, and can be limited by a policy.',
    fix: 'Add a gateway endpoint: vpc.addGatewayEndpoint(\'S3\', { service: GatewayVpcEndpointAwsService.S3 }).',
    severity: 'warning',
    see: 'https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html',
    from: 'production',
    types: ['AWS::EC2::VPC'],
    judge: (vpc, world) => (hasS3Endpoint(vpc, world) ? HOLDS : wrong('It has no gateway endpoint for S3.')),
  },
  {
    id: 'hardening-security-group-egress',
    title: 'Security groups let out only what is needed',
    why: 'Whoever takes over a task must not be able to send data anywhere on any port.',
    fix: 'Set allowAllOutbound to false and allow the ports and groups that are used.',
    severity: 'error',
    see: SEE_GROUP_RULES,
    from: 'production',
    types: ['AWS::EC2::SecurityGroup'],
    judge: judgeEgress,
  },
  {
    id: 'hardening-security-group-ingress',
    title: 'Databases and remote administration are closed to the internet',
    why: 'Ports of databases and remote administration are scanned all day; whoever needs them can use Session Manager.',
    fix: 'Allow the security group of the client, or use Session Manager instead of an open port.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19',
    from: 'development',
    types: ['AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupIngress'],
    judge: judgeIngress,
  },
  {
    id: 'hardening-default-security-group',
    title: 'The default security group of a VPC lets nothing through',
    why: 'What is made without a group lands in the default one, where everything may talk to everything.',
    fix: 'Set restrictDefaultSecurityGroup of the Vpc to true.',
    severity: 'warning',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2',
    from: 'production',
    types: ['AWS::EC2::VPC'],
    judge: (vpc, world) => (world.pointingAt('Custom::VpcRestrictDefaultSG', 'DefaultSecurityGroupId', vpc).length > 0
      ? HOLDS : wrong('Its default security group lets members talk to each other and out to anywhere.')),
  },
  {
    id: 'hardening-vpc-flow-logs',
    title: 'A VPC has flow logs',
    why: 'Who talked to whom can be answered after an incident only if it was recorded before.',
    fix: 'Add vpc.addFlowLog(\'FlowLog\') or, with BackendNetwork, flowLogs: true.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html',
    from: 'production',
    types: ['AWS::EC2::VPC'],
    judge: (vpc, world) => {
      const undecided = world.open('AWS::EC2::FlowLog', 'ResourceId');
      return world.pointingAt('AWS::EC2::FlowLog', 'ResourceId', vpc).length > 0 ? HOLDS
        : undecided.length > 0 ? open(`Whether '${undecided[0].name}' is its flow log is not in the templates.`) : wrong('No flow log records its traffic.');
    },
  },
];
