import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { createCluster, developmentApp, IMAGE, TestBinding } from './fixture';
import { ServiceBinding, type IServiceBinding } from '../../src/binding';
import { BackendCluster, FargateApi, FargateWorker, QueueBinding, ScheduledJob } from '../../src/fargate';
import { BackendNetwork } from '../../src/network';
import { Egress } from '../../src/posture';

const POISON = 'cdk-private-backend:QueueBinding.deadLetterQueue';

function queueIn(stack: Stack, id = 'Orders', props: sqs.QueueProps = {}): sqs.Queue {
  return new sqs.Queue(stack, id, { deadLetterQueue: { queue: new sqs.Queue(stack, `${id}Dead`), maxReceiveCount: 5 }, ...props });
}

/** Statements of the task role's own policy. */
function statementsOf(template: Template): { Action: string | string[]; Resource: unknown }[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.includes('TaskRole'))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}

function withBinding(bind: (queue: sqs.Queue) => IServiceBinding, props: sqs.QueueProps = {}) {
  const { stack, cluster } = createCluster();
  const queue = queueIn(stack, 'Orders', props);
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [bind(queue)] });
  return { stack, queue, template: Template.fromStack(stack) };
}

function environmentOf(template: Template): { Name: string; Value: unknown }[] {
  const [{ Properties }] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  return Properties.ContainerDefinitions[0].Environment;
}

test('whoever consumes a queue has its URL, and may receive, hide and delete messages of it alone', () => {
  const { stack, queue, template } = withBinding((each) => QueueBinding.consume(each));
  expect(environmentOf(template)).toContainEqual({ Name: 'QUEUE_URL', Value: stack.resolve(queue.queueUrl) });
  expect(statementsOf(template)).toEqual([{
    Effect: 'Allow',
    Action: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueUrl', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    Resource: stack.resolve(queue.queueArn),
  }]);
});

test('whoever sends may send and nothing else', () => {
  const { template } = withBinding((queue) => QueueBinding.send(queue));
  expect(statementsOf(template).map(({ Action }) => Action)).toEqual([['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl']]);
});

test('the key of a queue comes with it', () => {
  const { stack, cluster } = createCluster();
  const encryptionMasterKey = new kms.Key(stack, 'Key');
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [QueueBinding.consume(queueIn(stack, 'Orders', { encryptionMasterKey }))] });
  expect(statementsOf(Template.fromStack(stack))).toContainEqual({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: stack.resolve(encryptionMasterKey.keyArn) });
});

test('two queues are kept apart by prefixes, and one queue can be consumed and filled by the same worker', () => {
  const { stack, cluster } = createCluster();
  const [orders, mails] = [queueIn(stack, 'Orders'), queueIn(stack, 'Mails')];
  new FargateWorker(stack, 'Worker', {
    cluster, image: IMAGE, connectTo: [QueueBinding.consume(orders), QueueBinding.send(orders), ServiceBinding.withPrefix('MAILS', QueueBinding.send(mails))],
  });
  expect(environmentOf(Template.fromStack(stack)).map(({ Name }) => Name)).toEqual(['MAILS_QUEUE_URL', 'QUEUE_URL', 'STOP_TIMEOUT_SECONDS']);
});

test('APIs and jobs take queues too, also imported ones', () => {
  const { stack, cluster } = createCluster();
  const queue = sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:eu-west-1:111111111111:orders');
  new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [QueueBinding.send(queue)] });
  new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, connectTo: [QueueBinding.consume(queue)], schedule: ScheduleExpression.rate(Duration.hours(1)) });
  const template = Template.fromStack(stack);
  expect(statementsOf(template).map(({ Resource }) => Resource)).toEqual(['arn:aws:sqs:eu-west-1:111111111111:orders', 'arn:aws:sqs:eu-west-1:111111111111:orders']);
  Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp(POISON));
});

test('the stack of a service depends on that of its queue', () => {
  const app = developmentApp();
  const data = new Stack(app, 'Data');
  const { stack, cluster } = createCluster(app);
  new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [QueueBinding.consume(queueIn(data))] });
  app.synth();
  expect(stack.dependencies).toEqual([data]);
});

test('fails where the stack of the queue depends on that of the service', () => {
  const app = developmentApp();
  const data = new Stack(app, 'Data');
  const { stack, cluster } = createCluster(app);
  data.addStackDependency(stack);
  expect(() => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [QueueBinding.send(queueIn(data))] })).toThrow('Services depend on their queues, never the reverse.');
});

test('a queue without dead-letter queue is worth a warning to its consumer, not to its sender', () => {
  const { stack: consumer } = withBinding((queue) => QueueBinding.consume(queue), { deadLetterQueue: undefined });
  Annotations.fromStack(consumer).hasWarning('/Backend/Worker', Match.stringLikeRegexp(`'Backend/Orders'.*deadLetterQueue: .*maxReceiveCount.*${POISON}`));
  const { stack: sender } = withBinding((queue) => QueueBinding.send(queue), { deadLetterQueue: undefined });
  Annotations.fromStack(sender).hasNoWarning('/Backend/Worker', Match.stringLikeRegexp(POISON));
});

test('fails for the name of a queue', () => {
  const { stack, cluster } = createCluster();
  expect(() => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [QueueBinding.consume('orders' as unknown as sqs.IQueue)] })).toThrow('A `QueueBinding` needs an `sqs.IQueue`, got \'orders\'.');
});

test('fails for a queue itself in connectTo, and says how to connect to it', () => {
  const { stack, cluster } = createCluster();
  const queue = queueIn(stack) as unknown as IServiceBinding;
  expect(() => new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [queue] })).toThrow('`connectTo[0]` is a queue, which a service consumes or sends to. Use `connectTo: [QueueBinding.consume(queue)]` or `connectTo: [QueueBinding.send(queue)]`.');
});

test('fails in isolated subnets without an endpoint for SQS, and not with one', () => {
  const isolated = (withEndpoint: boolean) => () => {
    const app = developmentApp();
    const stack = new Stack(app, 'Backend');
    const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.vpcEndpoints() });
    if (withEndpoint) {
      vpc.addInterfaceEndpoint('Queues', { service: ec2.InterfaceVpcEndpointAwsService.SQS });
    }
    const cluster = new BackendCluster(stack, 'Cluster', { vpc });
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [QueueBinding.consume(queueIn(stack))] });
    return app.synth();
  };
  expect(isolated(false)).toThrow(/Backend\/Worker.*The isolated subnets of the VPC .* can't reach 'sqs' to send and receive messages.*InterfaceVpcEndpointAwsService.SQS/);
  expect(isolated(true)).not.toThrow();
});

test('a binding of your own brings permissions in the same way, and the service starts when it has them', () => {
  const { stack, cluster } = createCluster(new App());
  const bucket = new Bucket(stack, 'Bucket');
  const binding = new TestBinding(() => ({ environment: { BUCKET: bucket.bucketName }, permissions: { grantTo: (service) => bucket.grantRead(service) } }));
  new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [binding] });
  const template = Template.fromStack(stack);
  expect(statementsOf(template).map(({ Action }) => Action)).toContainEqual(['s3:GetObject*', 's3:GetBucket*', 's3:List*']);
  template.hasResource('AWS::ECS::Service', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('ApiTaskDefinitionTaskRoleDefaultPolicy')]) });
});
