import { Duration, Size, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { createCluster, createSecret, IMAGE } from './fixture';
import { type SidecarOptions } from '../../src/binding';
import { FargateApi, type FargateApiProps, FargateWorker, DiscoveryNamespace, BackendCluster } from '../../src/fargate';

const { START, HEALTHY, SUCCESS, COMPLETE } = ecs.ContainerDependencyCondition;
const HEALTH_CHECK = { command: ['CMD', '/check'] };

function withSidecars(sidecars: { [id: string]: Partial<SidecarOptions> }, props: Partial<FargateApiProps> = {}, { stack, cluster } = createCluster()): Template {
  const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...props });
  Object.entries(sidecars).forEach(([id, options]) => api.addSidecar(id, { image: ecs.ContainerImage.fromRegistry(id.toLowerCase()), ...options }));
  return Template.fromStack(stack);
}

function containersOf(template: Template): { [name: string]: { [property: string]: unknown } } {
  const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  return Object.fromEntries((task.Properties.ContainerDefinitions as { Name: string }[]).map((container) => [container.Name, container]));
}

describe('a sidecar', () => {
  test('is hardened, essential, and logs under its own name', () => {
    const { Proxy } = containersOf(withSidecars({ Proxy: {} }));
    expect(Proxy).toMatchObject({
      Image: 'proxy',
      Essential: true,
      User: '1000:1000',
      Privileged: false,
      ReadonlyRootFilesystem: true,
      StopTimeout: 30,
      LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true, Tmpfs: [expect.objectContaining({ ContainerPath: '/tmp', Size: 64 })] },
      LogConfiguration: { LogDriver: 'awslogs', Options: expect.objectContaining({ 'awslogs-stream-prefix': 'Proxy', 'mode': 'non-blocking' }) },
    });
    expect(Object.keys(Proxy)).not.toEqual(expect.arrayContaining(['PortMappings']));
  });

  test('takes every option', () => {
    // GIVEN
    const backend = createCluster();
    const secrets = { TOKEN: createSecret(backend.stack, 'Token') };

    // WHEN
    const template = withSidecars({
      Agent: {
        essential: false,
        entryPoint: ['/agent'],
        command: ['--verbose'],
        environment: { ZONE: 'b', ALPHA: 'a' },
        secrets,
        ports: [4317, 4318],
        user: '10001',
        tmpSize: Size.mebibytes(16),
        healthCheck: HEALTH_CHECK,
        startTimeout: Duration.seconds(60),
        stopTimeout: Duration.seconds(10),
        cpu: 64,
        memoryLimitMiB: 128,
      },
    }, {}, backend);

    // THEN
    expect(containersOf(template).Agent).toMatchObject({
      Essential: false,
      EntryPoint: ['/agent'],
      Command: ['--verbose'],
      Environment: [{ Name: 'ALPHA', Value: 'a' }, { Name: 'ZONE', Value: 'b' }],
      Secrets: [expect.objectContaining({ Name: 'TOKEN' })],
      PortMappings: [{ ContainerPort: 4317, Protocol: 'tcp' }, { ContainerPort: 4318, Protocol: 'tcp' }],
      User: '10001',
      HealthCheck: expect.objectContaining({ Command: ['CMD', '/check'] }),
      StartTimeout: 60,
      StopTimeout: 10,
      Cpu: 64,
      Memory: 128,
      LinuxParameters: { Tmpfs: [expect.objectContaining({ Size: 16 })] },
    });
  });

  test('has writable paths of its own, and shares others with the service; both wait until these can be written to', () => {
    // WHEN
    const template = withSidecars({ Proxy: { writablePaths: ['/var/cache/proxy'], sharedPaths: ['/run/sockets'] } }, { writablePaths: ['/data'] });

    // THEN
    const { Service, Proxy, ProxyWritablePaths } = containersOf(template);
    const own = { SourceVolume: 'Proxy-writable-0', ContainerPath: '/var/cache/proxy', ReadOnly: false };
    const shared = { SourceVolume: 'Proxy-shared-0', ContainerPath: '/run/sockets', ReadOnly: false };
    expect(Proxy.MountPoints).toEqual([own, shared]);
    expect(Service.MountPoints).toEqual([{ SourceVolume: 'writable-0', ContainerPath: '/data', ReadOnly: false }, shared]);
    expect(ProxyWritablePaths).toMatchObject({ Essential: false, User: '0:0', Command: ['chmod 1777 /var/cache/proxy /run/sockets'], MountPoints: [own, shared] });
    const wait = { ContainerName: 'ProxyWritablePaths', Condition: 'SUCCESS' };
    expect(Proxy.DependsOn).toEqual([wait]);
    expect(Service.DependsOn).toContainEqual(wait);
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { Volumes: [{ Name: 'writable-0' }, { Name: 'Proxy-writable-0' }, { Name: 'Proxy-shared-0' }] });
  });

  test('has what ECS Exec writes to, apart from that of the service', () => {
    const { Proxy, Service } = containersOf(withSidecars({ Proxy: {} }, { enableExecuteCommand: true }));
    expect(Proxy.MountPoints).toMatchObject([{ SourceVolume: 'Proxy-execute-command-0', ContainerPath: '/var/lib/amazon' }, { ContainerPath: '/var/log/amazon' }]);
    expect(Service.MountPoints).toMatchObject([{ SourceVolume: 'execute-command-0' }, { SourceVolume: 'execute-command-1' }]);
  });

  test('works beside a worker too, and answers with its container', () => {
    const { stack, cluster } = createCluster();
    const container = new FargateWorker(stack, 'Worker', { cluster, image: IMAGE }).addSidecar('Agent', { image: IMAGE, ports: [8125] });
    expect(container.containerName).toBe('Agent');
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ Name: 'Service' }), Match.objectLike({ Name: 'Agent' })] });
  });
});

describe('order', () => {
  test('the service waits for what it is told to, and sidecars for each other', () => {
    const { Service, Second } = containersOf(withSidecars({
      Prepare: { essential: false, serviceStartsAfter: SUCCESS },
      First: { healthCheck: HEALTH_CHECK, serviceStartsAfter: HEALTHY },
      Second: { startsAfter: { Service: START, First: HEALTHY, Prepare: COMPLETE } },
    }));
    expect(Service.DependsOn).toEqual([{ ContainerName: 'Prepare', Condition: 'SUCCESS' }, { ContainerName: 'First', Condition: 'HEALTHY' }]);
    expect(Second.DependsOn).toEqual([{ ContainerName: 'First', Condition: 'HEALTHY' }, { ContainerName: 'Prepare', Condition: 'COMPLETE' }, { ContainerName: 'Service', Condition: 'START' }]);
  });

  test('a sidecar may wait until the service is healthy', () => {
    const { Agent, Service } = containersOf(withSidecars({ Agent: { startsAfter: { Service: HEALTHY } } }, { containerHealthCheck: HEALTH_CHECK, startTimeout: Duration.seconds(45) }));
    expect(Service).toMatchObject({ StartTimeout: 45 });
    expect(Agent.DependsOn).toEqual([{ ContainerName: 'Service', Condition: 'HEALTHY' }]);
  });

  test.each<[string, { [id: string]: Partial<SidecarOptions> }, RegExp]>([
    ['each waits for the other', { A: { startsAfter: { Service: START }, serviceStartsAfter: START } }, /'A' starts after the service.*lets the service start after 'A'/],
    ['each waits for the other by way of a third', { A: { startsAfter: { Service: START } }, B: { startsAfter: { A: START }, serviceStartsAfter: START } }, /'B' starts after the service.*lets the service start after 'B'/],
    ['one waits for nobody', { A: { startsAfter: { B: START } } }, /the sidecar 'A' has 'B', which was not added before. Use 'Service', and add sidecars in the order/],
    ['one waits for itself', { A: { startsAfter: { A: START } } }, /the sidecar 'A' has 'A', which was not added before/],
    ['health is waited for without a check', { A: { serviceStartsAfter: HEALTHY } }, /'A' does not have a health check.*Set `healthCheck`, or wait for START/],
    ['the health of the service is waited for without a check', { A: { startsAfter: { Service: HEALTHY } } }, /'Service' does not have a health check.*Set `containerHealthCheck`/],
    ['the end of an essential container is waited for', { A: { serviceStartsAfter: SUCCESS } }, /'A' is essential.*Set `essential: false`/],
    ['the end of the service is waited for', { A: { startsAfter: { Service: COMPLETE } } }, /'Service' is essential.*Wait for START or HEALTHY/],
  ])('fails where %s', (_what, sidecars, message) => {
    expect(() => withSidecars(sidecars)).toThrow(message);
  });
});

describe('errors', () => {
  test.each<[string, { [id: string]: Partial<SidecarOptions> }, RegExp]>([
    ['a name that is none', { 'a b': {} }, /The id of a sidecar must be.*got 'a b'/],
    ['the name of the service', { Service: {} }, /The sidecar 'Service' from `addSidecar\(\)` has an id that is already used in the tasks, by the service itself/],
    ['a port of the service', { A: { ports: [8080] } }, /`ports` of the sidecar 'A' has 8080, a port that is already used in this task/],
    ['a port of another sidecar', { A: { ports: [9000] }, B: { ports: [9000] } }, /`ports` of the sidecar 'B' has 9000/],
    ['a port that is none', { A: { ports: [0] } }, /`ports\[0\]` of the sidecar 'A' must be a whole number from 1 to 65535, got 0/],
    ['no user', { A: { user: 'a b' } }, /`user` must be a user id, a user name/],
    ['a path of the service', { A: { sharedPaths: ['/data'] } }, /`sharedPaths` of the sidecar 'A' has '\/data', which is already mounted/],
    ['a path that is shared already', { A: { sharedPaths: ['/x'] }, B: { sharedPaths: ['/x'] } }, /`sharedPaths` of the sidecar 'B' has '\/x', which is already mounted/],
    ['a relative path', { A: { writablePaths: ['x'] } }, /`writablePaths` of the sidecar 'A' must be absolute/],
    ['too long a start', { A: { startTimeout: Duration.seconds(121) } }, /`startTimeout` of the sidecar 'A' must be a whole number of seconds from 2 to 120, got 121/],
    ['too long a stop', { A: { stopTimeout: Duration.minutes(3) } }, /`stopTimeout` of the sidecar 'A' must be a whole number of seconds from 2 to 120, got 180/],
    ['no memory', { A: { memoryLimitMiB: 5 } }, /`memoryLimitMiB` of the sidecar 'A' must be a whole number from 6/],
    ['a /tmp above its memory', { A: { memoryLimitMiB: 64 } }, /`tmpSize` must be from 1 to 63 whole MiB.*part of the task's memory/],
    ['more memory than the task has', { A: { memoryLimitMiB: 300 }, B: { memoryLimitMiB: 300 } }, /`memoryLimitMiB` of the sidecars is 600 \('A' 300 \+ 'B' 300\), more than `memoryLimitMiB` of the service \(512\)/],
    ['more CPU than the task has', { A: { cpu: 200 }, B: { cpu: 100 } }, /`cpu` of the sidecars is 300 \('A' 200 \+ 'B' 100\), more than `cpu` of the service \(256\)/],
    ['more containers than ECS takes', Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`A${index}`, {}])), /The tasks have 11 containers, but ECS allows 10: 'Service', 'WritablePaths' from the service itself; 'A0', .*'A8' from `addSidecar\(\)`/],
  ])('fails for %s', (_what, sidecars, message) => {
    expect(() => withSidecars(sidecars, { writablePaths: ['/data'] })).toThrow(message);
  });

  test('the same id twice is an error that names it', () => {
    const { stack, cluster } = createCluster();
    const worker = new FargateWorker(stack, 'Worker', { cluster, image: IMAGE });
    worker.addSidecar('Agent', { image: IMAGE });
    expect(() => worker.addSidecar('Agent', { image: IMAGE })).toThrow(/'Agent' from `addSidecar\(\)` has an id that is already used in the tasks, by `addSidecar\(\)`.*Backend\/Worker/);
  });

  test('values may be known only at deployment', () => {
    const number = Token.asNumber({ Ref: 'Number' });
    const { A } = containersOf(withSidecars({ A: { ports: [number], cpu: number, memoryLimitMiB: number, stopTimeout: Duration.seconds(number) } }));
    expect(A).toMatchObject({ Cpu: { Ref: 'Number' }, Memory: { Ref: 'Number' }, StopTimeout: { Ref: 'Number' }, PortMappings: [{ ContainerPort: { Ref: 'Number' } }] });
  });

  test('warns about root', () => {
    const backend = createCluster();
    withSidecars({ A: { user: 'root' } }, {}, backend);
    Annotations.fromStack(backend.stack).hasWarning('/Backend/Api', Match.stringLikeRegexp('sidecar \'.*\' runs as \'root\''));
  });
});

describe('further ports of a service', () => {
  function createNamed(discovery = DiscoveryNamespace.privateDns('rex.internal')) {
    const { stack, vpc } = createCluster();
    return { stack, cluster: new BackendCluster(stack, 'Named', { vpc, serviceDiscovery: discovery }) };
  }

  test('are open to those who are bound to them, and to nobody else', () => {
    // GIVEN
    const { stack, cluster } = createNamed();
    const api = new FargateApi(stack, 'Sessions', { cluster, image: IMAGE, additionalPorts: [9090] });

    // WHEN
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [api, api.onPort(9090)] });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ PortMappings: [{ ContainerPort: 8080, Protocol: 'tcp' }, { ContainerPort: 9090, Protocol: 'tcp' }] })] });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'SESSIONS_9090_URL', Value: 'http://sessions.rex.internal:9090' }, { Name: 'SESSIONS_URL', Value: 'http://sessions.rex.internal:8080' }]) })],
    });
    const ports = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties.FromPort as number);
    expect(ports.sort()).toEqual([8080, 9090]);
  });

  test('fails for the port of the service itself, one that is not there, and by Service Connect', () => {
    const { stack, cluster } = createNamed(DiscoveryNamespace.serviceConnect('rex.internal'));
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, additionalPorts: [8080] })).toThrow(/`additionalPorts` has 8080/);
    const other = new FargateApi(stack, 'Other', { cluster, image: IMAGE, additionalPorts: [9090] });
    expect(() => other.onPort(9091)).toThrow(/Port 9091 is not in `additionalPorts` of this service \(\[9090\]\). Set `additionalPorts: \[9090, 9091\]`/);
    expect(() => other.onPort(9090)).toThrow(/Service Connect leads to port 8080 of this service only/);
  });
});

describe('disk and commands', () => {
  test('a task may have a larger disk', () => {
    const { stack, cluster } = createCluster();
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, ephemeralStorage: Size.gibibytes(50) });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { EphemeralStorage: { SizeInGiB: 50 } });
    expect(() => new FargateWorker(stack, 'Small', { cluster, image: IMAGE, ephemeralStorage: Size.gibibytes(20) })).toThrow(/`ephemeralStorage` must be from 21 to 200 whole GiB, got 20/);
  });

  test('people may run commands in containers of the service, and of no other, where the service takes commands', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const people = new iam.Role(stack, 'People', { assumedBy: new iam.AccountRootPrincipal() });
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, enableExecuteCommand: true });

    // WHEN
    api.grantExecuteCommand(people);

    // THEN
    const tasks = { 'Fn::Join': ['', Match.arrayWith([':task/', { Ref: Match.stringLikeRegexp('^Cluster') }, '/*'])] };
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^People') }],
      PolicyDocument: Match.objectLike({
        Statement: [
          { Action: 'ecs:ExecuteCommand', Effect: 'Allow', Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Cluster'), 'Arn'] } },
          {
            Action: ['ecs:DescribeTasks', 'ecs:ExecuteCommand'],
            Effect: 'Allow',
            Resource: tasks,
            Condition: { ArnEquals: { 'ecs:cluster': Match.anyValue() }, StringEquals: { 'aws:ResourceTag/cdk-private-backend:task': 'Backend/Api' } },
          },
          { Action: 'ecs:ListTasks', Effect: 'Allow', Resource: '*', Condition: { ArnEquals: { 'ecs:cluster': Match.anyValue() } } },
        ],
      }),
    });
    expect(JSON.stringify(Stack.of(api).resolve(api.shellCommand))).toMatch(/execute-command --region .*--container Service --interactive --command sh/);
    expect(() => new FargateApi(stack, 'Closed', { cluster, image: IMAGE }).grantExecuteCommand(people)).toThrow(/Set `enableExecuteCommand: true`/);
  });
});
