import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { createCluster, createVpc, developmentApp, IMAGE, productionApp } from './fixture';
import {
  BackendCluster, CustomDomain, DiscoveryNamespace, FargateApi, type FargateApiProps, FargateWorker, MigrationSource, MigrationTask, PrivateFileSystem, PrivatePostgres, PublicIngress, QueueBinding,
  ServiceDeployment, ServiceRehearsal, ServiceVolume,
} from '../../src';

interface Container {
  readonly Name: string;
  readonly Environment?: { readonly Name: string; readonly Value: string }[];
  readonly DependsOn?: { readonly ContainerName: string; readonly Condition: string }[];
  readonly [property: string]: unknown;
}

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly ContainerDefinitions: Container[] } & { readonly [name: string]: unknown };
  readonly DependsOn?: string[];
}

const COPY = 'AWS::ECS::TaskDefinition';

function rehearsals(template: Template): Resource[] {
  return Object.values(template.findResources('Custom::Rehearsal')) as Resource[];
}

/** The rehearsal's task definition, and the service's. */
function definitions(template: Template): { copy: Resource; original: Resource } {
  const all = Object.values(template.findResources(COPY)) as Resource[];
  const isCopy = ({ Properties: { ContainerDefinitions } }: Resource) => ContainerDefinitions.some(({ Name }) => Name === 'Rehearsal');
  return { copy: all.find(isCopy)!, original: all.find((each) => !isCopy(each) && each.Properties.ContainerDefinitions.some(({ Name }) => Name === 'Service'))! };
}

function variable(container: Container, name: string): string | undefined {
  return container.Environment?.find(({ Name }) => Name === name)?.Value;
}

function production() {
  return createCluster(productionApp());
}

function apiOf(props: Partial<FargateApiProps> = {}, made = production()) {
  return { ...made, api: new FargateApi(made.stack, 'Api', { cluster: made.cluster, image: IMAGE, ...props }) };
}

describe('a rehearsal is the default', () => {
  test('for an API in production, and for nothing in development', () => {
    expect(rehearsals(Template.fromStack(apiOf().stack))).toHaveLength(1);
    expect(rehearsals(Template.fromStack(apiOf({}, createCluster(developmentApp())).stack))).toEqual([]);
  });

  test('for every way of deploying but one that has no room for a task', () => {
    for (const deployment of [ServiceDeployment.rolling({ maxHealthyPercent: 150 }), ServiceDeployment.blueGreen()]) {
      expect(rehearsals(Template.fromStack(apiOf({ deployment }).stack))).toHaveLength(1);
    }
    expect(rehearsals(Template.fromStack(apiOf({ minTasks: 4, maxTasks: 4, deployment: ServiceDeployment.rolling({ minHealthyPercent: 50, maxHealthyPercent: 100 }) }).stack))).toEqual([]);
  });

  test('also for numbers that are not known yet', () => {
    const made = production();
    const number = new CfnParameter(made.stack, 'Tasks', { type: 'Number' }).valueAsNumber;

    expect(rehearsals(Template.fromStack(apiOf({ minTasks: number, maxTasks: number }, made).stack))).toHaveLength(1);
  });

  test('not for a worker, a consumer of a queue, a service at zero, files that are written, and Service Connect', () => {
    const { stack, cluster, vpc } = production();
    const queue = new Queue(stack, 'Queue', { deadLetterQueue: { maxReceiveCount: 3, queue: new Queue(stack, 'Dead') } });
    const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc });
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE });
    new FargateApi(stack, 'Consumer', { cluster, image: IMAGE, connectTo: [QueueBinding.consume(queue)] });
    new FargateApi(stack, 'Zero', { cluster, image: IMAGE, minTasks: 0 });
    new FargateApi(stack, 'Writer', { cluster, image: IMAGE, volumes: [ServiceVolume.efs('Data', { fileSystem, mountPath: '/data' })] });
    const connected = new BackendCluster(stack, 'Connected', { vpc, serviceDiscovery: DiscoveryNamespace.serviceConnect('backend.internal') });
    new FargateApi(stack, 'Mesh', { cluster: connected, image: IMAGE });

    expect(rehearsals(Template.fromStack(stack))).toEqual([]);
  });

  test('for a sender of a queue, and for files that are only read', () => {
    const { stack, cluster, vpc } = production();
    const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc });
    new FargateApi(stack, 'Sender', { cluster, image: IMAGE, connectTo: [QueueBinding.send(new Queue(stack, 'Queue'))] });
    new FargateApi(stack, 'Reader', { cluster, image: IMAGE, volumes: [ServiceVolume.efs('Data', { fileSystem, mountPath: '/data', readOnly: true })] });

    expect(rehearsals(Template.fromStack(stack))).toHaveLength(2);
  });

  test('unless somebody says otherwise', () => {
    expect(rehearsals(Template.fromStack(apiOf({ rehearsal: ServiceRehearsal.disabled() }).stack))).toEqual([]);

    const { stack, cluster } = createCluster(developmentApp());
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, minTasks: 0, rehearsal: ServiceRehearsal.enabled() });
    expect(rehearsals(Template.fromStack(stack))).toHaveLength(1);
  });
});

describe('the task', () => {
  test('has the containers of the service as they are in the end, and one more that decides', () => {
    // GIVEN
    const { stack, api } = apiOf({ writablePaths: ['/cache'], environment: { MODE: 'fast' } });

    // WHEN
    api.addSidecar('Proxy', { image: IMAGE, ports: [9000] });
    api.addEnvironment('LATE', 'yes');
    api.addSecret('TOKEN', ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(stack, 'Token', 'token')));

    // THEN
    const { copy, original } = definitions(Template.fromStack(stack));
    const names = original.Properties.ContainerDefinitions.map(({ Name }) => Name);
    expect(copy.Properties.ContainerDefinitions.map(({ Name }) => Name)).toEqual([...names, 'Rehearsal']);
    for (const container of original.Properties.ContainerDefinitions) {
      const { Environment = [], StopTimeout: _stop, LogConfiguration: _log, ...same } = container;
      const twin = copy.Properties.ContainerDefinitions.find(({ Name }) => Name === container.Name)!;
      expect(twin).toMatchObject(same);
      expect(twin.Environment).toEqual([...Environment, { Name: 'BACKEND_REHEARSAL', Value: 'true' }]);
      expect(twin.StopTimeout).toBeLessThanOrEqual(10);
      expect(JSON.stringify(twin.LogConfiguration)).toContain('"mode":"blocking"');
    }
    const { ContainerDefinitions: _own, Family, Tags, ...settings } = copy.Properties;
    const { ContainerDefinitions: _others, Family: other, ...expected } = original.Properties;
    expect(settings).toEqual(expected);
    expect(Family).not.toEqual(other);
    expect(Tags).toEqual([{ Key: 'cdk-private-backend:task', Value: 'Backend/Api/Rehearsal' }]);
  });

  test('follows changes that are made below this library', () => {
    const { stack, api } = apiOf();
    const definition = (api.taskDefinition as ecs.FargateTaskDefinition).node.defaultChild as ecs.CfnTaskDefinition;
    definition.cpu = '1024';
    definition.memory = '2048';

    expect(definitions(Template.fromStack(stack)).copy.Properties).toMatchObject({ Cpu: '1024', Memory: '2048' });
  });

  test('is another in each stack', () => {
    const app = productionApp();
    const families = ['One', 'Two'].map((id) => {
      const stack = new Stack(app, id, { stackName: id.toLowerCase() });
      new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc: createVpc(stack) }), image: IMAGE });
      return (stack.node.findChild('Api').node.findChild('Rehearsal').node.findChild('TaskDefinition') as ecs.FargateTaskDefinition).family;
    });

    expect(families).toEqual([expect.stringMatching(/^one-Api-\w{8}-rehearsal$/), expect.stringMatching(/^two-Api-\w{8}-rehearsal$/)]);
  });

  test('fails with a sidecar that writes to shared files, unless somebody has decided', () => {
    const add = (props: Partial<FargateApiProps>, readOnly?: boolean) => {
      const { stack, vpc, api } = apiOf(props);
      api.addSidecar('Proxy', { image: IMAGE, volumes: [ServiceVolume.efs('Data', { fileSystem: new PrivateFileSystem(stack, 'Files', { vpc }), mountPath: '/data', readOnly })] });
      return rehearsals(Template.fromStack(stack));
    };

    expect(() => add({})).toThrow(/The sidecar 'Proxy' writes to the volume 'Data', whose files other tasks see/);
    expect(add({}, true)).toHaveLength(1);
    expect(add({ rehearsal: ServiceRehearsal.enabled() })).toHaveLength(1);
    expect(add({ rehearsal: ServiceRehearsal.disabled() })).toEqual([]);
  });

  test('fails with ten containers of the service', () => {
    const { stack, api } = apiOf();
    Array.from({ length: 9 }, (_, index) => api.addSidecar(`Agent${index}`, { image: IMAGE }));

    expect(() => Template.fromStack(stack)).toThrow(/The tasks have 10 containers[^]*ServiceRehearsal\.tooManyContainers/);
  });
});

describe('what decides', () => {
  const decisive = (template: Template) => definitions(template).copy.Properties.ContainerDefinitions.find(({ Name }) => Name === 'Rehearsal')!;
  const routed = (props: Partial<FargateApiProps> = {}) => {
    const made = apiOf(props);
    new PublicIngress(made.stack, 'Ingress', { vpc: made.vpc }).addRoute('Api', { paths: ['/*'], target: made.api });
    return decisive(Template.fromStack(made.stack));
  };

  test('is the health path, where an ingress asks it', () => {
    const container = routed({ healthCheckPath: '/ready', port: 3000 });

    expect(['CHECK', 'PATH', 'PORT', 'TIMEOUT', 'STABLE'].map((name) => variable(container, `REHEARSAL_${name}`))).toEqual(['http', '/ready', '3000', '180', '15']);
    expect(container.DependsOn).toEqual([{ ContainerName: 'Service', Condition: 'START' }]);
  });

  test('is the port where nothing asks the path, or not by HTTP/1.1', () => {
    expect(variable(decisive(Template.fromStack(apiOf().stack)), 'REHEARSAL_CHECK')).toBe('port');
    const { stack, vpc, api } = apiOf({ appProtocol: ecs.AppProtocol.grpc });
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromCertificate(certificate, ['api.example.com']) }).addRoute('Api', { paths: ['/*'], target: api });
    expect(variable(decisive(Template.fromStack(stack)), 'REHEARSAL_CHECK')).toBe('port');
  });

  test('is the check of the container, where it has one, and those of sidecars that must run', () => {
    const healthCheck: ecs.HealthCheck = { command: ['CMD', '/healthy'] };
    const { stack, api } = apiOf({ containerHealthCheck: healthCheck });
    api.addSidecar('Proxy', { image: IMAGE, healthCheck });
    api.addSidecar('Agent', { image: IMAGE, healthCheck, essential: false });

    const container = decisive(Template.fromStack(stack));
    expect(variable(container, 'REHEARSAL_CHECK')).toBe('health');
    expect(container.DependsOn).toEqual([{ ContainerName: 'Service', Condition: 'HEALTHY' }, { ContainerName: 'Proxy', Condition: 'HEALTHY' }]);
  });

  test('is the time for a worker', () => {
    const { stack, cluster } = production();
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, rehearsal: ServiceRehearsal.enabled({ timeout: Duration.minutes(5), stableTime: Duration.seconds(40) }) });

    const container = decisive(Template.fromStack(stack));
    expect(['CHECK', 'PORT', 'TIMEOUT', 'STABLE'].map((name) => variable(container, `REHEARSAL_${name}`))).toEqual(['time', undefined, '300', '40']);
    expect(rehearsals(Template.fromStack(stack))[0].Properties).toMatchObject({ TimeoutSeconds: '900', ServiceTimeout: '1200' });
  });
});

describe('the order', () => {
  const whole = () => {
    const made = production();
    const postgres = new PrivatePostgres(made.stack, 'Postgres', { vpc: made.vpc, databaseName: 'app' });
    const migrations = new MigrationTask(made.stack, 'Migrations', { cluster: made.cluster, database: postgres.database, source: MigrationSource.command({ image: IMAGE, command: ['migrate'], revision: '1' }) });
    const { api } = apiOf({ connectTo: [postgres.database.addUser('Api')] }, made);
    new PublicIngress(made.stack, 'Ingress', { vpc: made.vpc }).addRoute('Api', { paths: ['/*'], target: api });
    // Later than everything else, and on the service alone.
    migrations.runBefore(api.service);
    return Template.fromStack(made.stack);
  };

  test('is: all that the service waits for, the rehearsal, the service', () => {
    const template = whole();
    const [{ DependsOn: waits = [] }] = Object.values(template.findResources('AWS::ECS::Service')) as Resource[];
    const [[rehearsal, { DependsOn: before = [] }]] = Object.entries(template.findResources('Custom::Rehearsal')) as [string, Resource][];
    const rules = Object.keys(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'));

    expect(waits).toContain(rehearsal);
    expect(before).toEqual(expect.arrayContaining(waits.filter((id) => id !== rehearsal && !rules.includes(id))));
    expect(before).toEqual(expect.arrayContaining(Object.keys(template.findResources('Custom::Migration'))));
    expect(before.filter((id) => rules.includes(id))).toEqual([]);
    expect(waits.filter((id) => rules.includes(id))).not.toEqual([]);
  });

  test('has a new rehearsal for each new task definition, and for nothing else', () => {
    const [{ Properties }] = rehearsals(whole());

    expect(Properties.Revision).toEqual(Properties.TaskDefinition);
    expect(JSON.stringify(Properties.Revision)).toMatch(/^\{"Ref":"ApiRehearsalTaskDefinition/);
  });
});

describe('one function of the stack runs them all', () => {
  test('and a role that somebody gave is a matter of its own service', () => {
    const { stack, cluster } = production();
    const taskRole = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    new FargateApi(stack, 'Own', { cluster, image: IMAGE });
    new FargateApi(stack, 'Given', { cluster, image: IMAGE, taskRole });

    const template = Template.fromStack(stack);
    const [own, given] = ['Own', 'Given'].map((id) => rehearsals(template).find(({ Properties }) => Properties.Service === `Backend/${id}`)!);
    expect(own.Properties.ServiceToken).toEqual(given.Properties.ServiceToken);
    expect(JSON.stringify(given.DependsOn)).toContain('GivenRunnerPolicy');
    expect(JSON.stringify(own.DependsOn)).not.toContain('GivenRunnerPolicy');
    expect(JSON.stringify(Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('TaskRunner')))).not.toMatch(/"Fn::GetAtt":\["Role/);
  });

  test('fails where the role of the function has no room for more', () => {
    const { stack, cluster } = production();
    Array.from({ length: 30 }, (_, index) => new FargateApi(stack, `Api${index}`, { cluster, image: IMAGE }));

    expect(() => Template.fromStack(stack)).toThrow(/has 30 migrations and rehearsed services[^]*TaskRunner\.tooManyTasks/);
  });
});

describe('options', () => {
  test.each([Duration.seconds(9), Duration.minutes(41), Duration.millis(20_500)])('fails for a timeout of %s', (timeout) => {
    expect(() => apiOf({ rehearsal: ServiceRehearsal.enabled({ timeout }) })).toThrow(/`rehearsal\.timeout` must be from 10 to 2400 whole seconds/);
  });

  test('fails where the port must stay open for longer than there is time', () => {
    expect(() => apiOf({ rehearsal: ServiceRehearsal.enabled({ timeout: Duration.seconds(30), stableTime: Duration.seconds(31) }) })).toThrow(/`rehearsal\.stableTime` must be from 1 to 30 whole seconds/);
  });

  test('may be parameters', () => {
    const made = production();
    const time = Duration.seconds(new CfnParameter(made.stack, 'Time', { type: 'Number' }).valueAsNumber);
    apiOf({ rehearsal: ServiceRehearsal.enabled({ timeout: time, stableTime: time }) }, made);

    const [{ Properties }] = rehearsals(Template.fromStack(made.stack));
    expect(Properties.TimeoutSeconds).toEqual({ Ref: 'Time' });
    expect(Properties).not.toHaveProperty('ServiceTimeout');
  });

  test('warn in a cluster with Service Connect', () => {
    const { stack, vpc } = production();
    const cluster = new BackendCluster(stack, 'Connected', { vpc, serviceDiscovery: DiscoveryNamespace.serviceConnect('backend.internal') });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, rehearsal: ServiceRehearsal.enabled() });

    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('names of Service Connect'));
  });
});
