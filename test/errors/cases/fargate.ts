import { Duration, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { AccountPrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { BackendCluster, DiscoveryNamespace, FargateApi, FargateWorker, QueueBinding, Scaling, ScheduledJob, ServiceCapacity, ServiceDeployment, ServiceImage, ServiceRehearsal, ServiceVolume } from '../../../src';
import type { IIngressRegistration } from '../../../src/binding';
import { TcpIngress } from '../../ingress/fixtures/tcp-ingress';
import { type ErrorCases, inProduction } from '../case';
import type { World } from '../world';

const NIGHT = Schedule.cron({ hour: '22', minute: '0' });
const { grpc } = ecs.AppProtocol;

/** What services refuse: how they are found, reached, scaled and deployed. */
export const FARGATE: ErrorCases = {
  'FargateApi.noRoute': ({ api }) => api.url,
  'FargateApi.noAlternateTarget': ({ stack, cluster, image }) => routeWithOneGroup(new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.blueGreen() })),
  'BackendCluster.duplicateNamespace': ({ stack, vpc, cluster }) => [cluster, new BackendCluster(stack, 'Orders', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') })],
  'DiscoveryNamespace.namespace': ({ stack, vpc }) => new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('Backend Internal') }),
  'FargateApi.discoveryName': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, discoveryName: 'Orders_Api' }),
  'FargateApi.duplicateDiscoveryName': ({ stack, cluster, image, api }) => [api, new FargateApi(stack, 'OrdersApi', { cluster, image, discoveryName: 'api' })],
  'FargateApi.endpoint': (world) => new FargateApi(world.stack, 'Api', { cluster: serviceConnect(world), image: world.image }).endpoint,
  'FargateApi.grpcHealthCheckPath': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, appProtocol: grpc, healthCheckPath: '/healthz' }),
  'FargateApi.grpcRequired': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, healthyGrpcCodes: '0' }),
  'FargateApi.healthCheckPath': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, healthCheckPath: 'healthz' }),
  'FargateApi.healthyGrpcCodes': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, appProtocol: grpc, healthyGrpcCodes: 'OK' }),
  'FargateApi.keepAlive': ({ stack, cluster, image, ingress }) => {
    const api = new FargateApi(stack, 'Api', { cluster, image, environment: { KEEP_ALIVE_TIMEOUT_SECONDS: '30' } });
    ingress.addRoute('Api', { paths: ['/*'], target: api });
  },
  'FargateApi.noRequests': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.canary() }),
  'FargateApi.noServiceDiscovery': ({ stack, vpc, image }) => {
    const cluster = new BackendCluster(stack, 'Cluster', { vpc });
    const sessions = new FargateApi(stack, 'Sessions', { cluster, image });
    new FargateApi(stack, 'Api', { cluster, image, connectTo: [sessions] });
  },
  'FargateApi.notInDns': ({ stack, cluster, image }) => {
    const sessions = new FargateApi(stack, 'Sessions', { cluster, image, deployment: ServiceDeployment.canary() });
    new FargateApi(stack, 'Api', { cluster, image, connectTo: [sessions] });
  },
  'FargateApi.onPort': ({ stack, cluster, image, api }) => new FargateWorker(stack, 'Worker', { cluster, image, connectTo: [api.onPort(9090)] }),
  'FargateApi.otherCluster': (world) => {
    const sessions = new FargateApi(world.stack, 'Sessions', { cluster: serviceConnect(world), image: world.image });
    new FargateApi(world.stack, 'Api', { cluster: world.cluster, image: world.image, connectTo: [sessions] });
  },
  'FargateApi.privilegedPort': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, port: 80 }),
  'FargateApi.serviceConnectPort': (world) => new FargateApi(world.stack, 'Api', { cluster: serviceConnect(world), image: world.image, additionalPorts: [9090] }).onPort(9090),
  'FargateApi.tooManyRoutes': ({ ingress, api }) => ['/a', '/b', '/c', '/d', '/e', '/f'].forEach((path) => ingress.addRoute(path.slice(1), { paths: [path], target: api })),
  'Props.cronDays': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.expression('cron(0 3 1 * MON *)') }),
  'Props.cronField': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.expression('cron(0 24 * * ? *)') }),
  'Props.cronFields': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.expression('cron(0 3 * * 1-5)') }),
  'Props.moment': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.expression('at(2030-01-31)') }),
  'Props.rate': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.expression('rate(5 minute)') }),
  'Props.schedule': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.expression('@daily') }),
  'Props.timeZone': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.of('Europe/Berln') }) }),
  'QueueBinding.deadLetterQueue': ({ stack, cluster, image, queue }) => new FargateWorker(stack, 'Worker', { cluster, image, connectTo: [QueueBinding.consume(queue)] }),
  'QueueBinding.queue': ({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', { cluster, image, connectTo: [QueueBinding.consume('orders' as never)] }),
  'Scaling.requestsNotCounted': ({ stack, vpc, cluster, image }) => {
    const api = new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onRequestsPerMinute(500)] });
    new TcpIngress(stack, 'Ingress', vpc).addRoute('Api', 80, api);
  },
  'Scaling.duplicate': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onCpuPercent(50), Scaling.onCpuPercent(70)] }),
  'Scaling.emptySchedule': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onSchedule('Night', { schedule: NIGHT, timeZone: TimeZone.EUROPE_BERLIN })] }),
  'Scaling.halfSchedule': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onSchedule('Night', { schedule: NIGHT, maxTasks: 0 })] }),
  'Scaling.keepsLastTask': ({ stack, cluster, image, queue }) => new FargateWorker(stack, 'Worker', {
    cluster, image, minTasks: 0, maxTasks: 5, scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 20 }), Scaling.onCpuPercent(60)],
  }),
  'Scaling.neverResumes': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', {
    cluster, image, minTasks: 2, maxTasks: 5, scaleOn: [Scaling.onCpuPercent(60), Scaling.onSchedule('Night', { schedule: NIGHT, minTasks: 0, maxTasks: 0 })],
  }),
  'Scaling.noRequests': ({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', { cluster, image, scaleOn: [Scaling.onRequestsPerMinute(1000)] }),
  'Scaling.scheduleBounds': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onSchedule('Night', { schedule: NIGHT, minTasks: 2, maxTasks: 1 })] }),
  'Scaling.scheduleTasks': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onSchedule('Night', { schedule: NIGHT, minTasks: -1 })] }),
  'Scaling.target': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onCpuPercent(0.6)] }),
  'ScheduledJob.everyMinute': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.cron({ hour: '3' }) }),
  'ScheduledJob.timeWindow': ({ stack, cluster, image }) => new ScheduledJob(stack, 'CleanUp', { cluster, image, schedule: ScheduleExpression.rate(Duration.hours(1)), timeWindow: Duration.seconds(30) }),
  'Service.circularWait': ({ stack, cluster, image, api }) => {
    const users = new FargateApi(stack, 'Users', { cluster, image, connectTo: [api] });
    api.connectTo(users);
  },
  'Service.connectToItself': ({ api }) => api.connectTo(api),
  'Service.connectTo': ({ stack, cluster, image, postgres }) => new FargateApi(stack, 'Api', { cluster, image, connectTo: [postgres as never] }),
  'Service.duplicateVariable': ({ stack, cluster, image, postgres }) => {
    const orders = postgres.addDatabase('Orders');
    new FargateApi(stack, 'Api', { cluster, image, connectTo: [postgres.addUser('Api'), orders.addUser('OrdersApi')] });
  },
  'Service.emptyVariable': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, environment: { LOG_LEVEL: process.env.NOT_SET! } }),
  'Service.executeCommandDisabled': ({ api, stack }) => api.grantExecuteCommand(new AccountPrincipal(stack.account)),
  'Service.noSecurityGroups': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, securityGroups: [] }),
  'Service.reservedVariable': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, environment: { PORT: '3000' } }),
  'Service.scaleFromZero': ({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', { cluster, image, minTasks: 0, maxTasks: 5 }),
  'Service.scaleOn': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [] }),
  'Service.scaleOnFixed': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, scaleOn: [Scaling.onCpuPercent(50)] }),
  'Service.taskBounds': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, minTasks: 20 }),
  'Service.variableName': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, environment: { '2ND_REGION': 'eu-west-1' } }),
  'ServiceCapacity.noSpot': ({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', { cluster, image, capacity: ServiceCapacity.spot() }),
  'ServiceCapacity.spot': ({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', { cluster, image, capacity: ServiceCapacity.spot({ spotPercent: 0.7 }) }),
  'ServiceDeployment.bakeTime': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.blueGreen({ bakeTime: Duration.seconds(90) }) }),
  'ServiceDeployment.circularAlarm': ({ stack, cluster, image }) => {
    const alarms: IAlarm[] = [];
    const api = new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.rolling({ alarms }) });
    alarms.push(api.metricCpuUtilization().createAlarm(stack, 'Cpu', { threshold: 90, evaluationPeriods: 3 }));
  },
  'ServiceDeployment.neverBegins': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.rolling({ maxHealthyPercent: 100 }) }),
  'ServiceDeployment.noRequests': ({ stack, cluster, image }) => new FargateWorker(stack, 'Worker', { cluster, image, deployment: ServiceDeployment.linear() }),
  'ServiceDeployment.stepPercent': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, deployment: ServiceDeployment.canary({ canaryPercent: 0 }) }),
  'ServiceImage.directoryNotFound': ({ stack, cluster }) => new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('services/missing') }),
  'ServiceImage.noDirectory': () => ServiceImage.fromDirectory(''),
  'ServiceImage.fileNotFound': ({ stack, cluster }) => new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('src') }),
  'ServiceRehearsal.serviceConnect': (world) => new FargateApi(world.stack, 'Api', { cluster: serviceConnect(world), image: world.image, rehearsal: ServiceRehearsal.enabled() }),
  'ServiceRehearsal.secondTask': inProduction(({ stack, cluster, image, files: fileSystem }) => {
    new FargateApi(stack, 'Api', { cluster, image }).addSidecar('Proxy', { image, volumes: [ServiceVolume.efs('Data', { fileSystem, mountPath: '/data' })] });
  }),
  'ServiceRehearsal.tooManyContainers': ({ stack, cluster, image }) => {
    const api = new FargateApi(stack, 'Api', { cluster, image, rehearsal: ServiceRehearsal.enabled() });
    ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'].forEach((id) => api.addSidecar(id, { image }));
  },
  'TaskTag.changed': ({ api }) => (api.service.node.defaultChild as ecs.CfnService).tags.setTag('cdk-private-backend:task', 'orders', Number.MAX_SAFE_INTEGER),
  'TaskRunner.tooManyTasks': ({ stack, cluster, image }) => {
    for (let index = 0; index < 30; index++) {
      new FargateWorker(stack, `Worker${index}`, { cluster, image, rehearsal: ServiceRehearsal.enabled() });
    }
  },
};

/** Routes as an ingress does that never thought of deployments which move requests. */
function routeWithOneGroup(api: FargateApi): void {
  const register = (registration: IIngressRegistration) => void registration.loadBalancerTarget();
  api.attachToIngress(Object.assign(new Construct(api, 'Route'), { url: 'http://example.com', register }));
}

function serviceConnect({ stack, vpc }: World): ecs.ICluster {
  return new BackendCluster(stack, 'Mesh', { vpc, serviceDiscovery: DiscoveryNamespace.serviceConnect('backend.internal') });
}
