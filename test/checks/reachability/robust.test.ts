import * as fc from 'fast-check';
import { database, isolatedBackend, NO_EGRESS, ref, att, groupOf } from './lab';
import { modelOf, type Resources } from './support';
import { Evaluation } from '../../../src/checks/private/rule';
import { Network } from '../../../src/checks/reachability/private/graph/network';
import { Paths } from '../../../src/checks/reachability/private/hops/paths';
import { judgeReachability } from '../../../src/checks/reachability/private/rules';

/** Everything that the check looks at, once. */
function everything(): Resources {
  const groups = { SecurityGroupIds: [groupOf('ApiGroup')], SecurityGroups: [groupOf('ApiGroup')], VpcSecurityGroupIds: [groupOf('ApiGroup')] };
  const subnets = { SubnetIds: [ref('Isolated0')], VpcSubnetIds: [ref('Isolated0')], DBSubnetGroupName: ref('DbSubnets') };
  const stores = [
    'RDS::DBCluster', 'RDS::DBProxy', 'DocDB::DBCluster', 'Neptune::DBCluster', 'Redshift::Cluster', 'RedshiftServerless::Workgroup', 'ElastiCache::CacheCluster',
    'ElastiCache::ReplicationGroup', 'ElastiCache::ServerlessCache', 'MemoryDB::Cluster', 'MSK::Cluster', 'MSK::ServerlessCluster', 'AmazonMQ::Broker', 'OpenSearchService::Domain', 'EFS::MountTarget',
  ].map((type, index) => [`Store${index}`, { Type: `AWS::${type}`, Properties: { ...groups, ...subnets, VPCOptions: {}, VpcConfigs: [{}], Port: 1, Engine: 'x' } }]);
  return {
    ...isolatedBackend(),
    ...database('Isolated'),
    ...Object.fromEntries(stores) as Resources,
    Worker: { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { ...groups, ...subnets }, Environment: { Variables: { A: att('Db', 'Endpoint.Address') } } } },
    Machine: { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Public0'), NetworkInterfaces: [{ SubnetId: ref('Public0') }], LaunchTemplate: { LaunchTemplateId: ref('Template') }, IamInstanceProfile: ref('Profile'), UserData: 'x' } },
    Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { NetworkInterfaces: [{}] } } },
    Fleet: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { VPCZoneIdentifier: [ref('Public0')], TargetGroupARNs: [ref('Targets')], LaunchTemplate: { LaunchTemplateId: ref('Template') } } },
    Profile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('Role')] } },
    Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } }], ManagedPolicyArns: ['x'] } },
    Nightly: { Type: 'AWS::Scheduler::Schedule', Properties: { Target: { EcsParameters: { TaskDefinitionArn: ref('ApiTask'), NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [ref('Private0')] } } } } } },
    Migrate: { Type: 'Custom::Migration', Properties: { TaskDefinition: ref('ApiTask'), Subnets: [ref('Private0')], SecurityGroups: [groupOf('ApiGroup')] } },
    Acl: { Type: 'AWS::EC2::NetworkAcl', Properties: { VpcId: ref('Vpc') } },
    Entry: { Type: 'AWS::EC2::NetworkAclEntry', Properties: { NetworkAclId: ref('Acl'), RuleNumber: 1, Protocol: 6, RuleAction: 'allow', CidrBlock: '10.0.0.0/8', PortRange: { From: 1, To: 2 } } },
    AclOfSubnet: { Type: 'AWS::EC2::SubnetNetworkAclAssociation', Properties: { SubnetId: ref('Isolated0'), NetworkAclId: ref('Acl') } },
    List: { Type: 'AWS::EC2::PrefixList', Properties: { Entries: [{ Cidr: '10.0.0.0/8' }] } },
    Attached: { Type: 'AWS::SecretsManager::SecretTargetAttachment', Properties: { SecretId: ref('Secret'), TargetId: ref('Db') } },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: {} },
    Range: { Type: 'AWS::EC2::VPCCidrBlock', Properties: { VpcId: ref('Vpc'), CidrBlock: '10.9.0.0/16' } },
    Range6: { Type: 'AWS::EC2::SubnetCidrBlock', Properties: { SubnetId: ref('Public0'), Ipv6CidrBlock: '2001:db8::/64' } },
    Address: { Type: 'AWS::EC2::EIPAssociation', Properties: { InstanceId: ref('Machine') } },
  };
}

/** What may stand anywhere in a template that is deployed, or is not. */
const anything = fc.oneof(
  fc.constantFrom<unknown>({ Unknown: 'parameter' }, ref('Db'), att('Vpc', 'CidrBlock'), att('Vpc', 'DefaultSecurityGroup'), '', '0', 'x', -1, 0, true, false, null, [], {}, [{}], [[ref('Private0')]], [null], undefined, 'fd00::/8', NO_EGRESS),
  fc.string(), fc.integer(), fc.array(fc.constantFrom<unknown>({ Unknown: 'item' }, ref('Public0'), groupOf('DbGroup'), 'sg-1', 7, null)),
);

function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const isReference = typeof value === 'object' && value !== null && ('Ref' in value || 'Fn::GetAtt' in value);
  return typeof value === 'object' && value !== null && !isReference ? [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))] : [path];
}

function replace(value: unknown, [key, ...rest]: (string | number)[], by: unknown): unknown {
  if (key === undefined) {
    return by;
  }
  const copy = (Array.isArray(value) ? [...value] : { ...value as object }) as Record<string | number, unknown>;
  copy[key] = replace(copy[key], rest, by);
  return copy;
}

test('no value that a property may have, and none that it must not have, stops the check', () => {
  const whole = everything();
  const spots = Object.entries(whole).flatMap(([id, { Properties }]) => places(Properties).filter((path) => path.length > 0).map((path) => ({ id, path })));
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(spots.length - 1), anything), { minLength: 1, maxLength: 6 }), (changes) => {
    const resources = { ...whole };
    for (const [index, by] of changes) {
      const { id, path } = spots[index];
      try {
        resources[id] = { Type: resources[id].Type, Properties: replace(resources[id].Properties, path, by) as Record<string, unknown> };
      } catch {
        // An earlier change took the place away.
      }
    }
    const evaluation = new Evaluation(modelOf(resources));
    judgeReachability({ evaluation, paths: new Paths(new Network(evaluation.model)) }, []);
    expect(evaluation.verdicts.length).toBeGreaterThan(0);
  }), { numRuns: 600 });
});

test('nothing of the network stands alone: a template without it has no finding', () => {
  const evaluation = new Evaluation(modelOf({ Bucket: { Type: 'AWS::S3::Bucket', Properties: {} } }));
  judgeReachability({ evaluation, paths: new Paths(new Network(evaluation.model)) }, []);
  expect(evaluation.verdicts).toEqual([]);
});

test('a task definition, a balancer or a group may be missing', () => {
  const whole = everything();
  for (const id of Object.keys(whole)) {
    const { [id]: _, ...rest } = whole;
    const text = JSON.stringify(rest).replaceAll(`{"Ref":"${id}"}`, '{"Unknown":"gone"}').replaceAll(new RegExp(`\\{"Fn::GetAtt":\\["${id}","[^"]*"\\]\\}`, 'g'), '{"Unknown":"gone"}');
    const evaluation = new Evaluation(modelOf(JSON.parse(text) as Resources));
    judgeReachability({ evaluation, paths: new Paths(new Network(evaluation.model)) }, []);
    expect(evaluation.verdicts.length).toBeGreaterThan(0);
  }
});
