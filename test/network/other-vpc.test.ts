import { App, CfnParameter, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  BackendCluster, BackendNetwork, CacheCapacity, DiscoveryNamespace, FargateApi, FargateWorker, type IPostgres, MigrationSource, MigrationTask, PostgresCapacity, PrivateFileSystem, PrivatePostgres, RedisCache,
  ScheduledJob, ServiceVolume, SsmBastion, VpcPeering,
} from '../../src';
import { developmentApp, IMAGE, productionApp } from '../fargate/fixture';

/** The two parts of a pair, in one stack or two. */
interface Networks {
  readonly here: Construct;
  readonly there: Construct;
  readonly vpc: ec2.IVpc;
  readonly other: ec2.IVpc;
}

type Pair = (networks: Networks) => unknown;

const SCHEDULE = ScheduleExpression.rate(Duration.hours(1));
const cluster = (scope: Construct, vpc: ec2.IVpc, id = 'Cluster') => new BackendCluster(scope, id, { vpc, serviceDiscovery: DiscoveryNamespace.privateDns(`${id.toLowerCase()}.internal`) });
const own = ({ here, vpc }: Networks) => ({ cluster: cluster(here, vpc), image: IMAGE });
const postgres = ({ there, other }: Networks) => new PrivatePostgres(there, 'Postgres', { vpc: other });
const cache = ({ there, other }: Networks) => new RedisCache(there, 'Cache', { vpc: other });
const called = ({ there, other }: Networks) => new FargateApi(there, 'Called', { cluster: cluster(there, other, 'CalledCluster'), image: IMAGE });
const bastion = ({ here, vpc }: Networks) => new SsmBastion(here, 'Bastion', { vpc });
const groups = ({ there, other }: Networks) => [new ec2.SecurityGroup(there, 'Group', { vpc: other })];
const source = MigrationSource.command({ image: IMAGE, command: ['up'], revision: '1' });

/** What a path of security group rules leads between. */
const PATHS: Record<string, Pair> = {
  'an API and a database': (pair) => new FargateApi(pair.here, 'Api', { ...own(pair), connectTo: [postgres(pair).addUser('Api')] }),
  'an API and a serverless database': (pair) => new FargateApi(pair.here, 'Api', {
    ...own(pair), connectTo: [new PrivatePostgres(pair.there, 'Aurora', { vpc: pair.other, capacity: PostgresCapacity.serverless({ min: 1, max: 4 }) }).addDatabase('Orders').addUser('Api')],
  }),
  'a worker and a cache': (pair) => new FargateWorker(pair.here, 'Worker', { ...own(pair), connectTo: [cache(pair).addUser('Worker')] }),
  'a worker and a serverless cache': (pair) => new FargateWorker(pair.here, 'Worker', {
    ...own(pair), connectTo: [new RedisCache(pair.there, 'Serverless', { vpc: pair.other, capacity: CacheCapacity.serverless() }).addUser('Worker')],
  }),
  'an API and an API': (pair) => new FargateApi(pair.here, 'Api', { ...own(pair), connectTo: [called(pair)] }),
  'a job and a database': (pair) => new ScheduledJob(pair.here, 'Job', { ...own(pair), schedule: SCHEDULE, connectTo: [postgres(pair).addUser('Job')] }),
  'migrations and a database': (pair) => new MigrationTask(pair.here, 'Migrations', { cluster: own(pair).cluster, database: postgres(pair).database, source }),
  'a tunnel and a database': (pair) => bastion(pair).addTunnel('Postgres', { target: postgres(pair) }),
  'a tunnel and a cache': (pair) => bastion(pair).addTunnel('Cache', { target: cache(pair) }),
  'a tunnel and a service': (pair) => bastion(pair).addTunnel('Called', { target: called(pair) }),
  'an API and something of which only the groups are known': (pair) => new FargateApi(pair.here, 'Api', {
    ...own(pair), connectTo: [{ bindToService: () => ({ targets: [{ endpoint: 'queue.internal', port: 61617, connections: new ec2.Connections({ securityGroups: groups(pair) }) }] }) }],
  }),
};

function importedServer({ here, vpc }: Networks, securityGroups: ec2.ISecurityGroup[]): IPostgres {
  return PrivatePostgres.fromPrivatePostgresAttributes(here, 'Imported', {
    endpoint: 'db.internal', vpc, securityGroups, adminSecret: secretsmanager.Secret.fromSecretNameV2(here, 'Secret', 'admin'), databaseName: 'app',
  });
}

/** What is given security groups. */
const GROUPS: Record<string, Pair> = {
  'an API': (pair) => new FargateApi(pair.here, 'Api', { ...own(pair), securityGroups: groups(pair) }),
  'a worker': (pair) => new FargateWorker(pair.here, 'Worker', { ...own(pair), securityGroups: groups(pair) }),
  'a job': (pair) => new ScheduledJob(pair.here, 'Job', { ...own(pair), schedule: SCHEDULE, securityGroups: groups(pair) }),
  'migrations': (pair) => new MigrationTask(pair.here, 'Migrations', {
    cluster: own(pair).cluster, database: importedServer(pair, [ec2.SecurityGroup.fromSecurityGroupId(pair.here, 'ServerGroup', 'sg-1')]).database, source, securityGroups: groups(pair),
  }),
  'a database server': (pair) => new PrivatePostgres(pair.here, 'Postgres', { vpc: pair.vpc, securityGroups: groups(pair) }),
  'a cache': (pair) => new RedisCache(pair.here, 'Cache', { vpc: pair.vpc, securityGroups: groups(pair) }),
  'a file system': (pair) => new PrivateFileSystem(pair.here, 'Files', { vpc: pair.vpc, securityGroups: groups(pair) }),
  'an imported server': (pair) => importedServer(pair, groups(pair)),
};

/** A VPC of others, with every tier that something could be placed in. */
function imported(scope: Construct, id: string, vpcId: string): ec2.IVpc {
  const subnets = (tier: string) => ['a', 'b'].map((zone) => `subnet-${id}-${tier}-${zone}`);
  return ec2.Vpc.fromVpcAttributes(scope, id, {
    vpcId, availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: subnets('public'), privateSubnetIds: subnets('private'), isolatedSubnetIds: subnets('isolated'),
  });
}

type Setting = (app: App) => Networks;

/** One stack whose two VPCs somebody makes. */
function inOneStack(vpcs: (stack: Stack) => [ec2.IVpc, ec2.IVpc]): Setting {
  return (app) => {
    const stack = new Stack(app, 'Backend');
    const [vpc, other] = vpcs(stack);
    return { here: stack, there: stack, vpc, other };
  };
}

const made = (scope: Construct, id: string) => new BackendNetwork(scope, id).vpc;
const parameter = (scope: Construct, id: string) => new CfnParameter(scope, id).valueAsString;

const DIFFERENT: Record<string, Setting> = {
  'two that the app makes': inOneStack((stack) => [made(stack, 'One'), made(stack, 'Two')]),
  'two of CDK\'s own': inOneStack((stack) => [new ec2.Vpc(stack, 'One'), new ec2.Vpc(stack, 'Two', { subnetConfiguration: [{ name: 'Inside', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, { name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] })]),
  'two that are imported by their ids': inOneStack((stack) => [imported(stack, 'One', 'vpc-1'), imported(stack, 'Two', 'vpc-2')]),
  'two that two stacks make': (app) => {
    const [here, there] = [new Stack(app, 'Here'), new Stack(app, 'There')];
    return { here, there, vpc: made(here, 'Network'), other: made(there, 'Network') };
  },
  'two whose parts are in nested stacks': (app) => {
    const stack = new Stack(app, 'Backend');
    return { here: new NestedStack(stack, 'Here'), there: new NestedStack(stack, 'There'), vpc: made(stack, 'One'), other: made(stack, 'Two') };
  },
};

const ONE_OR_UNKNOWN: Record<string, Setting> = {
  'one': inOneStack((stack) => { const vpc = made(stack, 'Network'); return [vpc, vpc]; }),
  'one that is imported twice': inOneStack((stack) => [imported(stack, 'One', 'vpc-1'), imported(stack, 'Two', 'vpc-1')]),
  'one that this app makes and imports by its reference': inOneStack((stack) => { const vpc = made(stack, 'One'); return [vpc, imported(stack, 'Two', vpc.vpcId)]; }),
  'one parameter': inOneStack((stack) => { const id = parameter(stack, 'VpcId'); return [imported(stack, 'One', id), imported(stack, 'Two', id)]; }),
  'two parameters': inOneStack((stack) => [imported(stack, 'One', parameter(stack, 'A')), imported(stack, 'Two', parameter(stack, 'B'))]),
  'one of another stack': (app) => {
    const [network, here, there] = [new Stack(app, 'Network'), new Stack(app, 'Here'), new Stack(app, 'There')];
    const vpc = made(network, 'Network');
    return { here, there, vpc, other: vpc };
  },
};

/** Everything that is said, as an error or a warning, about another VPC. */
function said(setting: Setting, pair: Pair, app = developmentApp({ analyticsReporting: false }), change?: (networks: Networks) => void): string[] {
  const networks = setting(app);
  change?.(networks);
  pair(networks);
  try {
    const assembly = app.synth();
    return assembly.stacksRecursively.flatMap(({ messages }) => messages.map(({ entry, level }) => `${level}: ${String(entry.data)}`)).filter((text) => /Network\.(?:other|unknown)Vpc/.test(text));
  } catch (error) {
    return [(error as Error).message];
  }
}

const cases = (pairs: Record<string, Pair>, settings: Record<string, Setting>) => Object.entries(settings).flatMap(([name, setting]) => Object.entries(pairs).map(([what, pair]) => ({ name, what, setting, pair })));

describe('a path between two parts', () => {
  test.each(cases(PATHS, DIFFERENT))('fails between $what in $name', ({ setting, pair }) => {
    expect(said(setting, pair)).toEqual([expect.stringMatching(/is in the VPC '.*', and '.*' that it connects to is in the VPC '.*\[cdk-private-backend:Network\.otherVpc\]/s)]);
  });

  test.each(cases(PATHS, ONE_OR_UNKNOWN))('may lead between $what in $name', ({ setting, pair }) => {
    expect(said(setting, pair)).toEqual([]);
  });

  test.each(Object.entries(PATHS))('warns between %s where one VPC is made here and the other imported by its id', (_what, pair) => {
    const warnings = said(inOneStack((stack) => [made(stack, 'One'), imported(stack, 'Two', 'vpc-2')]), pair);
    expect(warnings).toEqual([expect.stringContaining('Network.unknownVpc')]);
    expect(warnings[0]).toMatch(/^warning: .*'Backend\/One'.*'vpc-2'/);
  });

  test('fails in production as well', () => {
    expect(said(DIFFERENT['two that the app makes'], PATHS['an API and a database'], productionApp({ analyticsReporting: false }))).toHaveLength(1);
  });

  test('may lead to another VPC through a peering connection that the app makes, however late and whoever asked for it', () => {
    const peer = ({ here, vpc, other }: Networks) => new ec2.CfnVPCPeeringConnection(here, 'Peering', { vpcId: other.vpcId, peerVpcId: vpc.vpcId });
    expect(said(DIFFERENT['two that the app makes'], (networks) => [PATHS['an API and a database'](networks), peer(networks)])).toEqual([]);
    expect(said(DIFFERENT['two that are imported by their ids'], (networks) => [PATHS['a tunnel and a database'](networks), peer(networks)])).toEqual([]);
  });

  test.each(['two that the app makes', 'two that are imported by their ids'])('may lead to another VPC through a peering connection that is only declared: %s', (name) => {
    expect(said(DIFFERENT[name], PATHS['an API and a database'], undefined, ({ vpc, other }) => VpcPeering.assume(vpc, other))).toEqual([]);
    expect(said(DIFFERENT[name], PATHS['migrations and a database'], undefined, ({ vpc, other }) => VpcPeering.assume(other, vpc))).toEqual([]);
  });

  test('fails where the peering connection is one of other VPCs', () => {
    const setting = inOneStack((stack) => {
      VpcPeering.assume(imported(stack, 'Third', 'vpc-3'), imported(stack, 'Fourth', 'vpc-1'));
      return [imported(stack, 'One', 'vpc-1'), imported(stack, 'Two', 'vpc-2')];
    });
    expect(said(setting, PATHS['an API and a database'])).toHaveLength(1);
  });

  test('says nothing while the lookup of a VPC is pending, which the error would end', () => {
    const env = { account: '111111111111', region: 'eu-west-1' };
    const setting: Setting = (app) => {
      const stack = new Stack(app, 'Backend', { env });
      return { here: stack, there: stack, vpc: imported(stack, 'One', 'vpc-1'), other: ec2.Vpc.fromLookup(stack, 'Two', { vpcName: 'other' }) };
    };
    expect(said(setting, PATHS['a tunnel and a database'])).toEqual([]);
  });

  test('says nothing of a cache or a group that is imported without its VPC', () => {
    const pair: Pair = ({ here, vpc }) => bastion({ here, vpc } as Networks).addTunnel('Cache', {
      target: RedisCache.fromRedisCacheAttributes(here, 'Cache', { endpoint: 'cache.internal', securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(here, 'Group', 'sg-1')] }),
    });
    expect(said(DIFFERENT['two that the app makes'], pair)).toEqual([]);
  });
});

describe('security groups', () => {
  test.each(cases(GROUPS, DIFFERENT))('fails for $what with a group of another VPC: $name', ({ setting, pair }) => {
    expect(said(setting, pair)).toEqual([expect.stringMatching(/The security group '.*Group' is in the VPC '.*', but this construct is in the VPC '.*\[cdk-private-backend:Network\.otherVpcGroup\]/s)]);
  });

  test.each(cases(GROUPS, ONE_OR_UNKNOWN))('may be those of $what: $name', ({ setting, pair }) => {
    expect(said(setting, pair)).toEqual([]);
  });

  test('fails for the default security group of another VPC', () => {
    const pair: Pair = ({ here, vpc, other }) => new RedisCache(here, 'Cache', { vpc, securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(here, 'Default', (other as ec2.Vpc).vpcDefaultSecurityGroup)] });
    expect(said(DIFFERENT['two that the app makes'], pair)).toEqual([expect.stringContaining('Network.otherVpcGroup')]);
  });

  test('may be one of another VPC once it is associated with this one', () => {
    const pair: Pair = (networks) => {
      const [group] = groups(networks);
      new RedisCache(networks.here, 'Cache', { vpc: networks.vpc, securityGroups: [group] });
      new ec2.CfnSecurityGroupVpcAssociation(networks.here, 'Association', { groupId: group.securityGroupId, vpcId: networks.vpc.vpcId });
    };
    expect(said(DIFFERENT['two that the app makes'], pair)).toEqual([]);
  });
});

describe('a file system', () => {
  const mount: Pair = (pair) => new FargateApi(pair.here, 'Api', { ...own(pair), volumes: [ServiceVolume.efs('Files', { fileSystem: new PrivateFileSystem(pair.there, 'Files', { vpc: pair.other }), mountPath: '/files' })] });

  test.each(Object.entries(DIFFERENT))('fails in another VPC, peered or not: %s', (_name, setting) => {
    expect(() => said(setting, mount, undefined, ({ vpc, other }) => VpcPeering.assume(vpc, other))).toThrow('ServiceVolume.otherNetwork');
  });

  test.each(Object.entries(ONE_OR_UNKNOWN))('may be in the same VPC: %s', (_name, setting) => {
    expect(said(setting, mount)).toEqual([]);
  });
});
