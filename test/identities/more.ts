import * as path from 'path';
import { Duration, Stack, type App } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  AmplifyFrontend, BackendCluster, BackendMonitoring, BackendNetwork, CacheCapacity, CustomDomain, DiscoveryNamespace, FargateApi, FargateWorker, IngressMaintenance, PostgresCapacity, PrivateFileSystem,
  PrivatePostgres, PublicIngress, QueueBinding, RedisCache, Scaling, ScheduledJob, ServiceCapacity, ServiceDeployment, ServiceImage, ServiceVolume, StaticFrontend,
} from '../../src';
import { EXAMPLES } from '../support/whole-backend';

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:111111111111';

/** What a whole backend does not have: the other kinds of servers, caches, names and entrances. */
export function buildMore(app: App): void {
  const stack = new Stack(app, 'More', { env: { account: '111111111111', region: 'us-east-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network');
  const zone = route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z0000000000000000000', zoneName: 'example.com' });
  const cluster = new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.serviceConnect('more.internal'), fargateSpot: true });
  const image = ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api'));
  const queue = new sqs.Queue(stack, 'Queue', { deadLetterQueue: { maxReceiveCount: 3, queue: new sqs.Queue(stack, 'Dead') } });

  const aurora = new PrivatePostgres(stack, 'Aurora', { vpc, capacity: PostgresCapacity.serverless({ min: 0.5, max: 2 }), multiAz: true });
  const api = new FargateApi(stack, 'Api', {
    cluster, image, connectTo: [aurora.addUser('Api')], deployment: ServiceDeployment.blueGreen(), volumes: [ServiceVolume.efs('Files', { fileSystem: new PrivateFileSystem(stack, 'Files', { vpc }), mountPath: '/files' })],
  });
  caches(stack, vpc).forEach((user) => user.grantConnect(api));
  new FargateApi(stack, 'Caller', { cluster, image, connectTo: [api, QueueBinding.send(queue)], discoveryName: 'caller', minTasks: 1, maxTasks: 4, scaleOn: [Scaling.onSchedule('Night', { schedule: Schedule.cron({ hour: '1' }), minTasks: 1 })] });
  new FargateWorker(stack, 'Worker', { cluster, image, connectTo: [QueueBinding.consume(queue)], capacity: ServiceCapacity.spot(), minTasks: 0, maxTasks: 3, scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 5 })] });
  new ScheduledJob(stack, 'Nightly', { cluster, image, schedule: ScheduleExpression.rate(Duration.hours(1)), deadLetterQueue: queue });

  const ingress = new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['api.example.com'] }), maintenance: IngressMaintenance.on() });
  ingress.addRoute('Api', { target: api });
  shared(stack, vpc).addRoute('Shared', { target: api, paths: ['/shared/*'] });

  new StaticFrontend(stack, 'Static', { domain: CustomDomain.fromHostedZone(zone, { domainNames: ['www.example.com'] }) });
  const accessToken = secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token');
  new AmplifyFrontend(stack, 'Amplify', { repository: 'https://github.com/example/web', accessToken, domain: CustomDomain.fromHostedZone(zone, { domainNames: ['app.example.com'] }) });

  const topic = new sns.Topic(stack, 'Topic');
  topic.addSubscription(new EmailSubscription('ops@example.com'));
  new BackendMonitoring(stack, 'Monitoring', { topic }).monitorPostgres(aurora);
}

function caches(stack: Stack, vpc: ec2.IVpc) {
  const serverless = new RedisCache(stack, 'Serverless', { vpc, capacity: CacheCapacity.serverless() });
  serverless.addUser('Password', { username: 'orders' });
  return [serverless.addUser('Iam', { iamAuthentication: true })];
}

function shared(stack: Stack, vpc: ec2.IVpc) {
  const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'SharedGroup', 'sg-12345678');
  return PublicIngress.fromPublicIngressAttributes(stack, 'SharedIngress', {
    vpc,
    loadBalancer: elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'SharedBalancer', { loadBalancerArn: `${ARN}:loadbalancer/app/shared/50dc6c495c0c9188`, securityGroupId: 'sg-12345678', loadBalancerDnsName: 'shared.example.com' }),
    listener: elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'SharedListener', { listenerArn: `${ARN}:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2`, securityGroup }),
  });
}
