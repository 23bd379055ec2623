import { Resource } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { CfnQueue, type IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { IServiceBinding, ServiceBindingConfig, ServiceBindingOptions } from '../binding';
import { QUEUE_SERVICE } from '../network/shared/endpoint-services';
import { InvalidBackendError, warn } from '../private/errors';
import { dependOnStackOf } from '../private/stack-order';

/**
 * A queue of SQS in `connectTo` of a service: its URL in `QUEUE_URL`, and the permission for what is done with it, with that for its key.
 * With `ServiceBinding.withPrefix('ORDERS', …)` the variable is `ORDERS_QUEUE_URL`.
 *
 * @example
 * import { Duration, Stack } from 'aws-cdk-lib';
 * import type { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { Queue } from 'aws-cdk-lib/aws-sqs';
 * import { FargateApi, FargateWorker, QueueBinding, Scaling, ServiceImage } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ICluster;
 * const deadLetterQueue = { queue: new Queue(stack, 'DeadOrders', { enforceSSL: true }), maxReceiveCount: 5 };
 * const queue = new Queue(stack, 'Orders', { enforceSSL: true, visibilityTimeout: Duration.minutes(3), deadLetterQueue });
 * new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('api'), connectTo: [QueueBinding.send(queue)] });
 * new FargateWorker(stack, 'Worker', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('worker'),
 *   connectTo: [QueueBinding.consume(queue)],
 *   maxTasks: 20,
 *   scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 20 })],
 * });
 */
export abstract class QueueBinding {
  /** Lets a service take messages: receive, hide for longer, delete. Warns about a queue that gives a message that fails for ever again and again. */
  public static consume(queue: IQueue): IServiceBinding {
    return new ConsumedQueue(queue);
  }

  /** Lets a service send messages. */
  public static send(queue: IQueue): IServiceBinding {
    return new BoundQueue(queue);
  }
}

class BoundQueue implements IServiceBinding {
  constructor(protected readonly queue: IQueue) {}

  public bindToService(scope: IConstruct, { prefix }: ServiceBindingOptions): ServiceBindingConfig {
    // Not every language checks types, and a name or an ARN is the likely mistake.
    if (typeof (this.queue as Partial<IQueue> | undefined)?.grantConsumeMessages !== 'function') {
      const given = typeof this.queue === 'string' ? `'${this.queue}'` : 'something else';
      throw new InvalidBackendError(scope, 'QueueBinding.queue', `A \`QueueBinding\` needs an \`sqs.IQueue\`, got ${given}. Pass the queue itself, or import the queue with \`sqs.Queue.fromQueueArn(stack, 'Orders', 'arn:…')\`.`);
    }
    dependOnStackOf(scope, this.queue, 'Services depend on their queues, never the reverse.');
    return {
      environment: { [prefix === undefined ? 'QUEUE_URL' : `${prefix}_QUEUE_URL`]: this.queue.queueUrl },
      permissions: { grantTo: (grantee) => this.grant(grantee) },
      _services: [QUEUE_SERVICE],
    };
  }

  protected grant(grantee: iam.IGrantable): void {
    this.queue.grantSendMessages(grantee);
  }
}

class ConsumedQueue extends BoundQueue {
  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    const config = super.bindToService(scope, options);
    adviseOnPoison(scope, this.queue);
    return { ...config, _consumes: true };
  }

  protected grant(grantee: iam.IGrantable): void {
    this.queue.grantConsumeMessages(grantee);
  }
}

function adviseOnPoison(service: IConstruct, queue: IQueue): void {
  const resource = Resource.isOwnedResource(queue) ? queue.node.defaultChild : undefined;
  if (resource instanceof CfnQueue && resource.redrivePolicy === undefined) {
    warn(service, 'QueueBinding.deadLetterQueue', `The queue '${queue.node.path}' does not have a dead-letter queue, so SQS delivers a failing message again and again until the message expires. `
      + 'Set `deadLetterQueue: { queue: other, maxReceiveCount: 5 }` on the queue.');
  }
}
