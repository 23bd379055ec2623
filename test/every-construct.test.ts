import * as path from 'path';
import { App, CfnParameter, CfnWaitConditionHandle, Fn, NestedStack, Stack, Stage, Validations, type Environment } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import {
  BackendCluster, BackendNetwork, BastionTunnel, FargateApi, MigrationSource, MigrationTask, NetworkIngress, PostgresDatabase, PostgresUser, Posture, PrivatePostgres, PublicIngress, ServiceImage, SsmBastion, DiscoveryNamespace,
} from '../src';
import { allFlags } from './support/feature-flags';
import { getStackOutputs, literalsOfPartition, securityOf, statefulIdsOf, type TemplateJson } from './support/templates';
import { EXAMPLES, TIERS, allIn, buildBackend, type Names, type Tier, type WholeBackend, type WholeBackendOptions } from './support/whole-backend';

const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true };
const POSTURES = ['development', 'production'] as const;
const ACCOUNT = '111111111111';

const outside = process.env.CDK_VALIDATION;
beforeAll(() => {
  process.env.CDK_VALIDATION = 'true';
});
afterAll(() => {
  process.env.CDK_VALIDATION = outside;
});

function newApp(posture: typeof POSTURES[number] = 'development', context: Record<string, unknown> = {}): App {
  const app = new App({ context: { ...STRICT, ...context } });
  Posture[posture]({ terminationProtection: false }).applyTo(app);
  return app;
}

/** Templates by stack name, of an app that passed the validator. */
function synthesize(app: App): Record<string, TemplateJson> {
  return Object.fromEntries(app.synth().stacksRecursively.map(({ stackName, template }) => [stackName, template as TemplateJson]));
}

function withoutValidation<T>(run: () => T): T {
  const during = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'false';
  try {
    return run();
  } finally {
    process.env.CDK_VALIDATION = during;
  }
}

function inOneStack(app: App, options: WholeBackendOptions = {}, env?: Environment): TemplateJson {
  buildBackend(allIn(new Stack(app, 'Backend', { env })), options);
  return synthesize(app).Backend;
}

type Stacks = Record<Tier, Stack>;

function newStacks(scope: Construct, tiers: readonly Tier[] = TIERS): Stacks {
  return Object.fromEntries(tiers.map((tier) => [tier, new Stack(scope, tier)])) as Stacks;
}

describe.each(POSTURES)('in %s', (posture) => {
  test('a whole backend lives twice in one stack', () => {
    // GIVEN: more resources than CloudFormation takes, since every construct of the library is there
    const app = newApp(posture, { '@aws-cdk/core:stackResourceLimit': 1000 });
    const stack = new Stack(app, 'Backend');
    Validations.of(stack).acknowledge({ id: 'CloudFormation-Validate::F0007', reason: 'The stack is never deployed' });

    // WHEN
    ['Blue', 'Green'].forEach((id) => buildBackend(allIn(new Construct(stack, id))));

    // THEN
    const types = Object.values(synthesize(app).Backend.Resources).map(({ Type }) => Type);
    const count = (type: string) => types.filter((each) => each === type).length;
    expect([count('AWS::ECS::Service'), count('AWS::RDS::DBInstance'), count('AWS::ElasticLoadBalancingV2::LoadBalancer')]).toEqual([6, 2, 8]);
  });

  test('spread over six stacks, they refer to each other in one direction, without exports, and with no null, which CloudFormation refuses', () => {
    // GIVEN
    const app = newApp(posture);
    const stacks = newStacks(app);

    // WHEN
    buildBackend(stacks);
    const templates = synthesize(app);

    // THEN
    expect(Object.keys(templates).sort()).toEqual([...TIERS].sort());
    TIERS.forEach((tier, index) => {
      expect(stacks[tier].dependencies.map(({ node }) => node.id).filter((id) => !TIERS.slice(0, index).includes(id as Tier))).toEqual([]);
      expect(JSON.stringify(templates[tier])).not.toMatch(/"Fn::ImportValue"|"Export"/);
      expect(JSON.stringify(templates[tier])).not.toMatch(/[:,[]null[,}\]]/);
    });
    expect(getStackOutputs(templates.Services).map(({ stackName }) => stackName)).toEqual(expect.arrayContaining(['Network', 'Cluster', 'Data', 'Ingress']));
  });

  test('flags, unset or all recommended, leave the ids of what holds data and all that makes it secure', () => {
    // WHEN
    const [unset, recommended] = [inOneStack(newApp(posture)), inOneStack(newApp(posture, allFlags()))];

    // THEN
    expect(statefulIdsOf(unset).length).toBeGreaterThan(10);
    expect(statefulIdsOf(recommended)).toEqual(statefulIdsOf(unset));
    expect(securityOf(recommended)).toEqual(securityOf(unset));
  });
});

describe('a consumer that leaves the app', () => {
  const keep = (tiers: readonly Tier[]) => {
    const app = newApp();
    buildBackend(newStacks(app, tiers));
    return withoutValidation(() => synthesize(app));
  };
  const all = keep(TIERS);

  test.each([...TIERS.keys()].slice(1))('takes nothing but outputs, the owners it migrated as, the starters that it may invoke, and its shares of requests, from the %i stacks before it', (count) => {
    // WHEN
    const rest = keep(TIERS.slice(0, count));

    // THEN
    for (const [stackName, { Resources, Outputs = {} }] of Object.entries(rest)) {
      expect(all[stackName].Resources).toEqual(expect.objectContaining(Resources));
      expect(Object.keys(all[stackName].Resources).filter((id) => Resources[id] === undefined && !/(Owner(LoginSecret|Secret)?|Ingress(RulesBoth|KeysEgress)\w*|Starter(LogGroup|Role|RoleDefaultPolicy|EventInvokeConfig)?)[0-9A-F]{8}$/.test(id))).toEqual([]);
      expect(all[stackName].Outputs ?? {}).toEqual(expect.objectContaining(Outputs));
    }
    const needed = Object.values(rest).flatMap(getStackOutputs);
    expect(needed.filter(({ stackName, outputName }) => rest[stackName].Outputs?.[outputName] === undefined)).toEqual([]);
  });
});

describe('the wrong direction', () => {
  const image = ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api'));
  const source = MigrationSource.goose(path.join(EXAMPLES, '01-private-backend/migrations'));
  const before = (stack: Stack) => {
    const first = new Stack(stack.node.root as App, 'First');
    stack.addStackDependency(first);
    return first;
  };

  test.each<[string, RegExp, (stacks: Stacks, made: WholeBackend) => void]>([
    ['a server before its network', /^'Network\/Network' can't be used here.*Constructs depend on the network/, ({ Network }, { vpc }) => {
      new PrivatePostgres(before(Network), 'Wrong', { vpc });
    }],
    ['a cluster before its network', /A namespace depends on its network/, ({ Network }, { vpc }) => {
      new BackendCluster(before(Network), 'Wrong', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('wrong.internal') });
    }],
    ['an ingress before its network', /An ingress depends on its network/, ({ Network }, { vpc }) => {
      new PublicIngress(before(Network), 'Wrong', { vpc });
    }],
    ['a network ingress before its network', /Constructs depend on the network/, ({ Network }, { vpc }) => {
      new NetworkIngress(before(Network), 'Wrong', { vpc });
    }],
    ['a bastion before its network', /Constructs depend on the network/, ({ Network }, { vpc }) => {
      new SsmBastion(before(Network), 'Wrong', { vpc });
    }],
    ['a database before its server', /\('Data\/Postgres' uses 'Network\/Network'\).*Databases and users depend on their server/, ({ Network }, { postgres }) => {
      new PostgresDatabase(Network, 'Wrong', { server: postgres });
    }],
    ['a user before its server', /Databases and users depend on their server/, ({ Network }, { postgres }) => {
      new PostgresUser(Network, 'Wrong', { database: postgres.database });
    }],
    ['a user before the network of an imported server', /Databases and users depend on their server/, ({ Network }, { legacy }) => {
      new PostgresUser(Network, 'Wrong', { database: legacy.database });
    }],
    ['migrations before their database', /Migrations must be in the same stack as their database and their cluster/, ({ Network }, { cluster, postgres }) => {
      new MigrationTask(Network, 'Wrong', { cluster, database: postgres.database, source });
    }],
    ['a service before its cluster', /Services depend on their cluster/, ({ Network }, { cluster }) => {
      new FargateApi(Network, 'Wrong', { cluster, image });
    }],
    ['a service before its user', /\('Services\/ApiUser' uses 'Data\/Postgres'\).*Services depend on their database users/, ({ Data }, { cluster, users }) => {
      new FargateApi(Data, 'Wrong', { cluster, image, connectTo: [users[1]] });
    }],
    ['a service before its migrations', /can't wait for the migrations.*\(at 'Services\/Goose'\)/, ({ Network }, { vpc, migrations }) => {
      new FargateApi(Network, 'Wrong', { cluster: new BackendCluster(Network, 'Own', { vpc }), image, migrations });
    }],
    ['a service before its ingress', /Services depend on their ingress/, ({ Network }, { vpc, ingresses }) => {
      ingresses[0].addRoute('Wrong', { paths: ['/wrong'], target: new FargateApi(Network, 'Wrong', { cluster: new BackendCluster(Network, 'Own', { vpc }), image }) });
    }],
    ['a tunnel before its target', /A bastion and its tunnels depend on their targets/, ({ Network }, { vpc, postgres }) => {
      new SsmBastion(Network, 'Wrong', { vpc }).addTunnel('Wrong', { target: postgres });
    }],
    ['the bastion of a tunnel before its target', /A bastion and its tunnels depend on their targets.*Move 'Network\/Wrong'/, ({ Network, Access }, { vpc, postgres }) => {
      new BastionTunnel(Access, 'Wrong', { bastion: new SsmBastion(Network, 'Wrong', { vpc }), target: postgres });
    }],
  ])('fails for %s', (_what, message, declare) => {
    const stacks = newStacks(newApp());
    const made = buildBackend(stacks) as WholeBackend;
    expect(() => declare(stacks, made)).toThrow(message);
  });
});

describe('what exists already', () => {
  const existing = (stack: Stack, groupStack = stack): WholeBackendOptions => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-12345678',
      availabilityZones: ['eu-central-1a', 'eu-central-1b'],
      publicSubnetIds: ['subnet-11111111', 'subnet-22222222'],
      privateSubnetIds: ['subnet-33333333', 'subnet-44444444'],
      isolatedSubnetIds: ['subnet-55555555', 'subnet-66666666'],
    });
    const groups = (...ids: string[]) => ids.map((id) => ec2.SecurityGroup.fromSecurityGroupId(groupStack, id, id));
    return {
      vpc,
      cluster: ecs.Cluster.fromClusterAttributes(stack, 'Existing', { clusterName: 'existing', vpc }),
      serviceSecurityGroups: groups('sg-11111111'),
      databaseSecurityGroups: groups('sg-22222222', 'sg-33333333'),
    };
  };

  test.each(POSTURES)('a network, a cluster and security groups are used, and none is made, in %s', (posture) => {
    // GIVEN
    const app = newApp(posture);
    const stack = new Stack(app, 'Backend', { env: { account: ACCOUNT, region: 'eu-central-1' } });

    // WHEN
    buildBackend(allIn(stack), existing(stack));

    // THEN
    const template = synthesize(app).Backend;
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => ['AWS::EC2::VPC', 'AWS::EC2::Subnet', 'AWS::ECS::Cluster'].includes(type))).toEqual([]);
    expect(JSON.stringify(template)).toContain('"GroupId":"sg-33333333"');
  });

  test('may be imported in another stack, but for security groups, whose rules stand where they are', () => {
    // GIVEN
    const app = newApp();
    const [importing, using] = ['Importing', 'Using'].map((id) => new Stack(app, id));
    new CfnWaitConditionHandle(importing, 'NotEmpty');

    // WHEN
    buildBackend(allIn(using), existing(importing, using));

    // THEN
    expect(getStackOutputs(synthesize(app).Using)).toEqual([]);
  });
});

test('every name and value may be known only at deployment', () => {
  // GIVEN
  const app = newApp();
  const stack = new Stack(app, 'Backend');
  const text = (id: string) => new CfnParameter(stack, id).valueAsString;
  // The validator takes the port of a rule for missing where a parameter has no default.
  const number = (id: string) => new CfnParameter(stack, id, { type: 'Number', default: 5432 }).valueAsNumber;
  const names: Required<Names> = {
    databaseName: text('DatabaseName'),
    username: text('Username'),
    databasePort: number('DatabasePort'),
    importedEndpoint: Fn.importValue('endpoint'),
    importedPort: number('ImportedPort'),
    servicePort: number('ServicePort'),
    domainName: text('DomainName'),
    host: text('Host'),
    privateDnsNamespace: text('Namespace'),
    localPort: number('LocalPort'),
    minTasks: number('MinTasks'),
    maxTasks: number('MaxTasks'),
  };

  // WHEN
  buildBackend(allIn(stack), { names });
  const template = synthesize(app).Backend;

  // THEN
  const properties = (type: string) => Object.values(template.Resources).flatMap((resource) => (resource.Type === type ? [resource.Properties] : []));
  expect(properties('Custom::PostgresUser')).toContainEqual(expect.objectContaining({ Username: { Ref: 'Username' }, DatabaseName: { Ref: 'DatabaseName' } }));
  expect(properties('AWS::RDS::DBInstance')).toContainEqual(expect.objectContaining({ Port: { Ref: 'DatabasePort' } }));
  expect(properties('AWS::EC2::SecurityGroupEgress')).toContainEqual(expect.objectContaining({ FromPort: { Ref: 'ServicePort' }, ToPort: { Ref: 'ServicePort' } }));
  expect(properties('AWS::ApplicationAutoScaling::ScalableTarget')).toContainEqual(expect.objectContaining({ MinCapacity: { Ref: 'MinTasks' }, MaxCapacity: { Ref: 'MaxTasks' } }));
  expect(JSON.stringify(template)).not.toMatch(/\$\{Token|1\.888|-1\.888/);
});

describe.each([['aws-cn', 'cn-north-1'], ['aws-us-gov', 'us-gov-west-1'], ['aws', 'eu-central-1']])('in partition %s', (_partition, region) => {
  test.each(POSTURES)('nothing names another partition (%s)', (posture) => {
    const template = inOneStack(newApp(posture), {}, { account: ACCOUNT, region });
    expect(literalsOfPartition(template)).toEqual([]);
  });
});

test.each(['cn-north-1', 'us-gov-west-1'])('fails in %s without a caCertificates', (region) => {
  const stack = new Stack(newApp(), 'Backend', { env: { account: ACCOUNT, region } });
  const { vpc } = new BackendNetwork(stack, 'Network');
  expect(() => new PrivatePostgres(stack, 'Postgres', { vpc })).toThrow(/doesn't contain the RDS root certificates for region.*caCertificates/);
});

describe('stages and nested stacks', () => {
  test('two stages hold the same backend', () => {
    // GIVEN
    const app = newApp();
    const stages = ['Blue', 'Green'].map((id) => new Stage(app, id));

    // WHEN
    stages.forEach((stage) => buildBackend(newStacks(stage)));

    // THEN
    const [blue, green] = stages.map((stage) => stage.synth().stacks.map(({ template }) => Object.keys((template as TemplateJson).Resources).length));
    expect(blue).toEqual(green);
  });

  test('nested stacks of one parent refer to each other', () => {
    // GIVEN
    const app = newApp();
    const parent = new Stack(app, 'Parent');

    // WHEN
    buildBackend(Object.fromEntries(TIERS.map((tier) => [tier, new NestedStack(parent, tier)])));

    // THEN
    const types = Object.values(synthesize(app).Parent.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => type === 'AWS::CloudFormation::Stack')).toHaveLength(TIERS.length);
  });

  test('nested stacks of different parents refer to each other without exports', () => {
    // GIVEN
    const app = newApp();

    // WHEN
    buildBackend(Object.fromEntries(TIERS.map((tier) => [tier, new NestedStack(new Stack(app, tier), 'Nested')])));

    // THEN
    expect(JSON.stringify(synthesize(app))).not.toMatch(/"Fn::ImportValue"|"Export"/);
  });
});
