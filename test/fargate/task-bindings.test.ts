import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import * as fc from 'fast-check';
import { createCluster, createEndpoint, createSecret, createVpc, developmentApp, IMAGE, productionApp, TestBinding } from './fixture';
import { ConfigurationFiles, Kafka, kindsOf, RotatedSecret, Telemetry, WorkloadCertificate } from './kinds-of-bindings';
import {
  BackendCluster, DiscoveryNamespace, FargateApi, FargateWorker, type IServiceBinding, type IWorkload, PrivateFileSystem, PrivatePostgres, PublicIngress, QueueBinding, ScheduledJob, ServiceBinding, ServiceRehearsal, ServiceVolume,
} from '../../src';

interface Made {
  readonly connectTo?: IServiceBinding[];
}

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly [name: string]: any };
  readonly DependsOn?: string[];
}

type Resources = { [id: string]: Resource };

const SCHEDULE = ScheduleExpression.cron({ hour: '3', minute: '0' });

/** Everything that bindings can be connected to. */
const WORKLOADS: [name: string, make: (scope: Construct, cluster: ecs.ICluster, props: Made) => IWorkload, own: string, starter: string][] = [
  ['an API', (scope, cluster, props) => new FargateApi(scope, 'Work', { cluster, image: IMAGE, ...props }), 'Service', 'AWS::ECS::Service'],
  ['a worker', (scope, cluster, props) => new FargateWorker(scope, 'Work', { cluster, image: IMAGE, ...props }), 'Service', 'AWS::ECS::Service'],
  ['a job', (scope, cluster, props) => new ScheduledJob(scope, 'Work', { cluster, image: IMAGE, schedule: SCHEDULE, ...props }), 'Job', 'AWS::Scheduler::Schedule'],
];

function resourcesOf(stack: Stack): Resources {
  return Template.fromStack(stack).toJSON().Resources as Resources;
}

function ofType(resources: Resources, type: string): Resource[] {
  return Object.values(resources).filter(({ Type }) => Type === type);
}

function containersOf(stack: Stack): { [name: string]: any } {
  const [task] = ofType(resourcesOf(stack), 'AWS::ECS::TaskDefinition');
  return Object.fromEntries((task.Properties.ContainerDefinitions as { Name: string }[]).map((container) => [container.Name, container]));
}

/** Resources with the statements of policies in one order: theirs is the order in which they were added, and means nothing. */
function canonical(resources: Resources): unknown {
  return JSON.parse(JSON.stringify(resources, (key, value: unknown) => (key === 'Statement' && Array.isArray(value) ? value.map((statement) => JSON.stringify(statement)).sort() : value)));
}

/** The first bindings by the prop, the rest by the method. */
function connect(workload: typeof WORKLOADS[0][1], order: number[], early: number): Resources {
  const { stack, vpc, cluster } = createCluster();
  const kinds = kindsOf(stack, vpc, createEndpoint(stack, 'Database', vpc));
  const bindings = order.map((index) => kinds[index]);
  const made = workload(stack, cluster, { connectTo: bindings.slice(0, early) });
  bindings.slice(early).forEach((binding) => made.connectTo(binding));
  return resourcesOf(stack);
}

describe.each(WORKLOADS)('%s', (_, workload, own, starter) => {
  test('is the same, whether bindings are given when it is made or later', () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 1 }).chain((order) => fc.tuple(fc.constant(order), fc.nat(order.length)));
    fc.assert(fc.property(orders, ([order, early]) => {
      expect(canonical(connect(workload, order, early))).toEqual(canonical(connect(workload, order, order.length)));
    }), { numRuns: 12 });
  });

  test('takes a certificate that connects itself: signed before the start, renewed beside it, in files that all see, trusted', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const made = workload(stack, cluster, {});

    // WHEN
    new WorkloadCertificate(stack, 'Certificate', { workload: made });

    // THEN
    const containers = containersOf(stack);
    expect(Object.keys(containers)).toEqual([own, 'CertificateAuthorities', 'Volumes', 'Sign', 'Renew']);
    expect(containers[own].DependsOn).toEqual(['CertificateAuthorities', 'Volumes', 'Sign'].map((ContainerName) => ({ ContainerName, Condition: 'SUCCESS' })));
    expect(containers[own].MountPoints).toContainEqual({ SourceVolume: 'volume-Certificates', ContainerPath: '/run/certificates', ReadOnly: true });
    expect(containers.Renew.DependsOn).toEqual(['Volumes', 'Sign'].map((ContainerName) => ({ ContainerName, Condition: 'SUCCESS' })));
    expect(containers.Sign.MountPoints).toEqual([{ SourceVolume: 'volume-Certificates', ContainerPath: '/run/certificates', ReadOnly: false }]);
    expect(containers.Volumes.Command).toEqual(['chmod 1777 /run/certificates']);
  });

  test('reaches exactly the targets of a binding that comes late, may do what it grants, and waits for both', () => {
    // GIVEN
    const { stack, vpc, cluster } = createCluster();
    const made = workload(stack, cluster, {});
    const topic = new sns.Topic(stack, 'Topic');

    // WHEN
    made.connectTo(new Kafka(stack, 'Kafka', vpc));
    made.connectTo(new TestBinding(() => ({ dependencies: [topic] })));

    // THEN
    const resources = resourcesOf(stack);
    const rules = Object.entries(resources).filter(([, { Type }]) => ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'].includes(Type));
    expect(rules.map(([, { Properties: { FromPort, ToPort } }]) => [FromPort, ToPort]).sort()).toEqual([[8081, 8081], [8081, 8081], [9098, 9098], [9098, 9098]]);
    const [policy] = Object.entries(resources).find(([id, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && id.startsWith('Work') && JSON.stringify(Properties).includes('kafka-cluster:Connect'))!;
    const [{ DependsOn = [] }] = ofType(resources, starter);
    expect(DependsOn).toEqual(expect.arrayContaining([...rules.map(([id]) => id), policy, Object.keys(resources).find((id) => id.startsWith('Topic'))]));
  });

  test('stays as it is when the same binding is connected again', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const binding = new TestBinding(() => ({ sidecars: { Agent: { image: IMAGE } }, certificateAuthority: createSecret(stack, 'Ca', 'ca') }));
    const made = workload(stack, cluster, { connectTo: [binding, binding] });

    // WHEN
    made.connectTo(binding);

    // THEN
    expect(binding.asked).toHaveLength(1);
    expect(Object.keys(containersOf(stack))).toEqual([own, 'CertificateAuthorities', 'Agent']);
  });

  test('delivers all certificate authorities in one container, whenever they come', () => {
    const { stack, cluster } = createCluster();
    const authority = (id: string) => new TestBinding(() => ({ certificateAuthority: createSecret(stack, id, 'ca') }));
    const made = workload(stack, cluster, { connectTo: [authority('First')] });
    made.connectTo(authority('Second'));
    expect(containersOf(stack).CertificateAuthorities.Secrets.map(({ Name }: { Name: string }) => Name)).toEqual(['CA_0', 'CA_1']);
  });

  test('prepares the volumes of all bindings in one container', () => {
    const { stack, cluster } = createCluster();
    const made = workload(stack, cluster, { connectTo: [new WorkloadCertificate(stack, 'Certificate')] });
    made.connectTo(new ConfigurationFiles(stack, 'Configuration'));
    expect(containersOf(stack).Volumes.Command).toEqual(['chmod 1777 /run/certificates /etc/service']);
    expect(containersOf(stack).Files.DependsOn).toEqual([{ ContainerName: 'Volumes', Condition: 'SUCCESS' }]);
  });

  test('fails for a variable that has another value, naming both places', () => {
    const { stack, cluster } = createCluster();
    const made = workload(stack, cluster, { connectTo: [new TestBinding(() => ({ environment: { LEVEL: 'info' } }))] });
    expect(() => made.connectTo(new TestBinding(() => ({ environment: { LEVEL: 'debug' } })))).toThrow(/'LEVEL' has two different values, from `connectTo\[0\]` and from `connectTo\(\)`/);
  });

  test('takes a late binding twice with prefixes', () => {
    const { stack, cluster } = createCluster();
    const made = workload(stack, cluster, {});
    const binding = (value: string) => new TestBinding(({ prefix }) => ({ environment: { [`${prefix}_URL`]: value } }));
    made.connectTo(ServiceBinding.withPrefix('ORDERS', binding('a')));
    made.connectTo(ServiceBinding.withPrefix('USERS', binding('b')));
    expect(containersOf(stack)[own].Environment).toEqual(expect.arrayContaining([{ Name: 'ORDERS_URL', Value: 'a' }, { Name: 'USERS_URL', Value: 'b' }]));
  });

  test('fails for two sidecars of one id, naming both who bring it', () => {
    const { stack, cluster } = createCluster();
    const made = workload(stack, cluster, { connectTo: [new Telemetry(stack, 'First')] });
    expect(() => made.connectTo(new TestBinding(() => ({ sidecars: { Collector: { image: IMAGE } } }))))
      .toThrow(/The sidecar 'Collector' from `connectTo\(\)` has an id that is already used in the tasks, by `connectTo\[0\]` \('Backend\/First'\)/);
  });

  test('fails for more containers than ECS takes, once all are there, naming who brought which', () => {
    const { stack, cluster } = createCluster();
    const made = workload(stack, cluster, { connectTo: [new WorkloadCertificate(stack, 'Certificate')] });
    made.connectTo(new Telemetry(stack, 'Telemetry'));
    made.connectTo(new TestBinding(() => ({ sidecars: Object.fromEntries(['A', 'B', 'C', 'D', 'E'].map((id) => [id, { image: IMAGE }])) })));
    expect(() => Template.fromStack(stack)).toThrow(new RegExp('The tasks have 11 containers, but ECS allows 10: '
      + `'${own}' from the (service|job) itself; 'CertificateAuthorities', 'Volumes', 'Sign', 'Renew' from \`connectTo\\[0\\]\` \\('Backend/Certificate'\\); `
      + '\'Collector\' from `connectTo\\(\\)` \\(\'Backend/Telemetry\'\\); \'A\', \'B\', \'C\', \'D\', \'E\' from `connectTo\\(\\)`'));
  });

  test('fails for what is no binding', () => {
    const { stack, vpc, cluster } = createCluster();
    const made = workload(stack, cluster, {});
    expect(() => made.connectTo(new PrivatePostgres(stack, 'Postgres', { vpc }) as never)).toThrow(/`connectTo\(\)` is a database server; a service connects as a user/);
  });

  test('fails where late connections exceed the budget of a database user', () => {
    const { stack, vpc, cluster } = createCluster();
    const user = new PrivatePostgres(stack, 'Postgres', { vpc }).database.addUser('Api', { poolSize: 10, connectionLimit: 5 });
    workload(stack, cluster, {}).connectTo(user);
    expect(() => Template.fromStack(stack)).toThrow(/`connectionLimit` is 5, and the services that connect as this user can open 20 connections[^]*PostgresUser\.limitBelowTasks/);
  });

  test('fails in isolated subnets without the endpoint that a late binding needs', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, restrictDefaultSecurityGroup: false, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    const made = workload(stack, new ecs.Cluster(stack, 'Cluster', { vpc }), {});
    made.connectTo(QueueBinding.send(new sqs.Queue(stack, 'Queue')));
    expect(() => Template.fromStack(stack)).toThrow(/can't reach 'sqs' to send and receive messages/);
  });

  test('fails for something in a stack that depends on its own', () => {
    const app = developmentApp();
    const { stack, vpc, cluster } = createCluster(app);
    const made = workload(stack, cluster, {});
    const other = new Stack(app, 'Other');
    other.addStackDependency(stack);
    expect(() => made.connectTo(new TestBinding(() => ({ targets: [createEndpoint(other, 'Database', vpc)] })))).toThrow(/its stack 'Other' depends on this stack 'Backend'/);
  });
});

describe('a rotation', () => {
  const SERVICES = WORKLOADS.slice(0, 2);

  test.each(SERVICES)('is called back by %s, and restarts that service only, from its stack', (_, workload) => {
    // GIVEN
    const app = developmentApp();
    const secrets = new Stack(app, 'Secrets');
    const { stack, cluster } = createCluster(app);
    const rotated = new RotatedSecret(secrets, 'Rotated');

    // WHEN
    const early = workload(stack, cluster, { connectTo: [rotated] });
    const late = new FargateWorker(stack, 'Late', { cluster, image: IMAGE });
    late.connectTo(rotated);

    // THEN
    expect(rotated.restarted).toEqual([early, late]);
    const template = Template.fromStack(stack);
    const [first, second] = ['Work', 'Late'].map((id) => ({ Ref: Object.keys(template.findResources('AWS::ECS::Service')).find((found) => found.startsWith(id))! }));
    for (const [id, service] of [['Work', first], ['Late', second]] as const) {
      const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([found]) => found.startsWith(`${id}Restarter`)).map(([, resource]) => resource as Resource);
      const updating = (policy.Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]).filter(({ Action }) => [Action].flat().includes('ecs:UpdateService'));
      expect(updating.map((statement) => statement.Resource)).toEqual([service]);
    }
    Template.fromStack(secrets).resourceCountIs('AWS::Lambda::Function', 0);
    Template.fromStack(secrets).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('is not called by a job, whose tasks start anew each time', () => {
    const { stack, cluster } = createCluster();
    const rotated = new RotatedSecret(stack, 'Rotated');
    new ScheduledJob(stack, 'Work', { cluster, image: IMAGE, schedule: SCHEDULE, connectTo: [rotated] }).connectTo(rotated);
    expect(rotated.restarted).toEqual([]);
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 0);
  });
});

describe('sidecars of a binding', () => {
  test('start in the same order, whatever the order of the map', () => {
    const { START } = ecs.ContainerDependencyCondition;
    const sidecars = { A: { image: IMAGE, startsAfter: { C: START } }, B: { image: IMAGE }, C: { image: IMAGE, startsAfter: { B: START } } };
    fc.assert(fc.property(fc.shuffledSubarray(Object.entries(sidecars), { minLength: 3 }), (entries) => {
      const { stack, cluster } = createCluster();
      new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({ sidecars: Object.fromEntries(entries) }))] });
      expect(Object.keys(containersOf(stack))).toEqual(['Service', 'B', 'C', 'A']);
    }), { numRuns: 6 });
  });

  test('fails where they wait for each other', () => {
    const { START } = ecs.ContainerDependencyCondition;
    const { stack, cluster } = createCluster();
    const binding = new TestBinding(() => ({ sidecars: { A: { image: IMAGE, startsAfter: { B: START } }, B: { image: IMAGE, startsAfter: { A: START } } } }));
    expect(() => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [binding] })).toThrow(/`startsAfter` of the sidecar 'A' has 'B', which was not added before/);
  });

  test('obey what `addSidecar` obeys', () => {
    const { stack, cluster } = createCluster();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    const bring = (options: { ports?: number[]; cpu?: number }) => () => api.connectTo(new TestBinding(() => ({ sidecars: { Agent: { image: IMAGE, ...options } } })));
    expect(bring({ ports: [8080] })).toThrow(/`ports` of the sidecar 'Agent' has 8080/);
    expect(bring({ cpu: 512 })).toThrow(/`cpu` of the sidecars is 512/);
  });

  test.each(['CertificateAuthorities', 'Volumes', 'WritablePaths', 'Rehearsal'])('fails for the id %s, which this library may need later', (id) => {
    const { stack, cluster } = createCluster();
    expect(() => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE }).addSidecar(id, { image: IMAGE })).toThrow(/is already used in the tasks, by this library/);
  });

  test('know the container of a job as the service that they are for', () => {
    const { stack, cluster } = createCluster();
    const sidecars = { Agent: { image: IMAGE, startsAfter: { Service: ecs.ContainerDependencyCondition.START } } };
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: SCHEDULE, connectTo: [new TestBinding(() => ({ sidecars }))] });
    expect(containersOf(stack).Agent.DependsOn).toEqual([{ ContainerName: 'Job', Condition: 'START' }]);
  });
});

describe('all kinds together', () => {
  test.each(WORKLOADS)('stand beside %s with ten containers', (_, workload, own) => {
    const { stack, vpc, cluster } = createCluster();
    const made = workload(stack, cluster, {});
    kindsOf(stack, vpc, createEndpoint(stack, 'Database', vpc)).forEach((kind) => made.connectTo(kind));
    made.connectTo(new TestBinding(() => ({ sidecars: { Proxy: { image: IMAGE, sharedPaths: ['/run/proxy'] }, Agent: { image: IMAGE } } })));
    expect(Object.keys(containersOf(stack))).toEqual([own, 'CertificateAuthorities', 'Volumes', 'Sign', 'Renew', 'Files', 'Collector', 'Agent', 'Proxy', 'ProxyWritablePaths']);
  });
});

describe('a rehearsal that the posture turns on', () => {
  const production = () => createCluster(productionApp());
  const writing = (stack: Stack, vpc: ec2.IVpc) => {
    const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc });
    return new TestBinding(() => ({ sidecars: { Indexer: { image: IMAGE, volumes: [ServiceVolume.efs('Index', { fileSystem, mountPath: '/index' })] } } }));
  };

  test('copies the containers of bindings that come late', () => {
    const { stack, cluster } = production();
    new WorkloadCertificate(stack, 'Certificate', { workload: new FargateApi(stack, 'Api', { cluster, image: IMAGE }) });
    const names = ofType(resourcesOf(stack), 'AWS::ECS::TaskDefinition').map(({ Properties }) => (Properties.ContainerDefinitions as { Name: string }[]).map(({ Name }) => Name));
    const own = ['Service', 'CertificateAuthorities', 'Volumes', 'Sign', 'Renew'];
    expect(names).toEqual(expect.arrayContaining([own, [...own, 'Rehearsal']]));
  });

  test('is off where a binding of the props brings a container that writes to files', () => {
    const { stack, vpc, cluster } = production();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [writing(stack, vpc)] });
    Template.fromStack(stack).resourceCountIs('Custom::Rehearsal', 0);
  });

  test.each<[string, (stack: Stack, vpc: ec2.IVpc) => IServiceBinding, RegExp]>([
    ['writes to files', writing, /The binding of `connectTo\(\)` writes to the volume 'Index', whose files other tasks see[^]*ServiceRehearsal\.secondTask/],
    ['takes work', (stack) => QueueBinding.consume(new sqs.Queue(stack, 'Queue')), /The binding of `connectTo\(\)` takes work from other tasks[^]*ServiceRehearsal\.secondTask/],
  ])('fails for a late binding that %s, unless somebody asked for the rehearsal', (_what, binding, message) => {
    const { stack, vpc, cluster } = production();
    const late = binding(stack, vpc);
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE }).connectTo(late)).toThrow(message);
    const { stack: other, vpc: otherVpc, cluster: otherCluster } = production();
    new FargateApi(other, 'Api', { cluster: otherCluster, image: IMAGE, rehearsal: ServiceRehearsal.enabled() }).connectTo(binding(other, otherVpc));
    Template.fromStack(other).resourceCountIs('Custom::Rehearsal', 1);
  });

  test('fails for the tenth container, naming who brought which', () => {
    const { stack, cluster } = production();
    const sidecars = Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'].map((id) => [id, { image: IMAGE }]));
    new FargateApi(stack, 'Api', { cluster, image: IMAGE }).connectTo(new TestBinding(() => ({ sidecars })));
    expect(() => Template.fromStack(stack)).toThrow(/The tasks have 10 containers, and their rehearsal one more[^]*'I' from `connectTo\(\)`[^]*ServiceRehearsal\.tooManyContainers/);
  });
});

describe('a late binding of an API', () => {
  test('fails where it sets a time for idle connections that an ingress outlives', () => {
    const { stack, vpc, cluster } = createCluster();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    new PublicIngress(stack, 'Ingress', { vpc }).addRoute('Api', { paths: ['/*'], target: api });
    expect(() => api.connectTo(new TestBinding(() => ({ environment: { KEEP_ALIVE_TIMEOUT_SECONDS: '30' } })))).toThrow(/FargateApi\.keepAlive/);
  });

  test('fails where it is the API itself', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    expect(() => api.connectTo(api)).toThrow(/`connectTo\(\)` connects 'Backend\/Api' to itself/);
    api.connectTo(ServiceBinding.withoutWaiting(api));
    expect(containersOf(stack).Service.Environment).toContainEqual({ Name: 'API_URL', Value: 'http://api.backend.internal:8080' });
  });
});

describe('connectTo of a service that others find', () => {
  test('gives the same to a caller that was made before', () => {
    const stack = new Stack(developmentApp(), 'Backend');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
    const caller = new FargateWorker(stack, 'Caller', { cluster, image: IMAGE });
    caller.connectTo(new FargateApi(stack, 'Sessions', { cluster, image: IMAGE }));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'SESSIONS_URL', Value: 'http://sessions.backend.internal:8080' }]) })] });
    const services = template.findResources('AWS::ECS::Service');
    const called = Object.keys(services).find((id) => id.startsWith('Sessions'))!;
    expect(Object.entries(services).find(([id]) => id.startsWith('Caller'))![1].DependsOn).toContain(called);
  });
});
