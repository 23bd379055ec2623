import { Fn, Tokenization } from 'aws-cdk-lib';
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { ScalingPolicy } from './plans';
import type { IIngressRoute } from '../../binding';
import { dependOnStackOf } from '../../private/stack-order';
import type { QueueBacklogOptions } from '../scaling';

/** What scaling needs to know of a service. */
export interface TaskScalingProps {
  readonly cluster: ecs.ICluster;
  readonly serviceName: string;
  readonly minTasks: number;
  readonly maxTasks: number;
  readonly policies: ScalingPolicy[];
}

type Metric = Pick<CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty, 'predefinedMetricSpecification' | 'customizedMetricSpecification'>;
type MetricQuery = CfnScalingPolicy.TargetTrackingMetricDataQueryProperty;

/**
 * Metrics are up to two minutes late and a task starts within one. Before that, the load that was just answered would be answered again.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html#target-tracking-cooldown
 */
const SCALE_OUT_COOLDOWN = 180;

/** Scales a service on what was asked for, and on requests for each route that leads to it. Uses the account's service-linked role. */
export class TaskScaling extends Construct {
  private readonly target: CfnScalableTarget;

  constructor(scope: Construct, id: string, private readonly props: TaskScalingProps) {
    super(scope, id);
    this.target = new CfnScalableTarget(this, 'Resource', {
      serviceNamespace: 'ecs',
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${props.cluster.clusterName}/${props.serviceName}`,
      minCapacity: props.minTasks,
      maxCapacity: props.maxTasks,
      scheduledActions: this.renderSchedules(),
    });
    props.policies.forEach((policy) => this.addPolicyOf(policy));
  }

  /** Scales on the requests of a route, where that was asked for or is the default, and its load balancer counts them. */
  public addRequestScaling({ node, resourceLabels = [] }: IIngressRoute): void {
    for (const policy of this.props.policies) {
      if (policy.kind === 'requests' && resourceLabels.length > 0) {
        const id = `Requests-${node.id}`;
        // Routes of one name may come from several ingresses, by which they stand.
        this.addPolicy(this.node.tryFindChild(id) === undefined ? id : `${id}-${node.scope?.node.id}`, requestMetric(resourceLabels), policy.target);
      }
    }
  }

  private addPolicyOf(policy: ScalingPolicy): void {
    switch (policy.kind) {
      case 'cpu': return this.addPolicy('Cpu', predefined('ECSServiceAverageCPUUtilization'), policy.target);
      case 'memory': return this.addPolicy('Memory', predefined('ECSServiceAverageMemoryUtilization'), policy.target);
      case 'backlog': return this.addBacklogPolicy(policy.backlog);
      default: return undefined;
    }
  }

  private addBacklogPolicy({ queue, messagesPerTask }: QueueBacklogOptions): void {
    dependOnStackOf(this, queue, 'Services depend on their queues, never the reverse.');
    const { cluster, serviceName } = this.props;
    const metrics = [
      query('waiting', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'Average', { QueueName: queue.queueName }),
      query('working', 'AWS/SQS', 'ApproximateNumberOfMessagesNotVisible', 'Average', { QueueName: queue.queueName }),
      // Each task reports its CPU use once a minute, so the reports count the tasks; Container Insights would have to be on.
      query('reports', 'AWS/ECS', 'CPUUtilization', 'SampleCount', { ClusterName: cluster.clusterName, ServiceName: serviceName }),
      ...backlogExpressions(Tokenization.stringifyNumber(messagesPerTask)),
    ];
    this.addPolicy(`Backlog-${queue.node.id}`, { customizedMetricSpecification: { metrics } }, messagesPerTask);
  }

  private renderSchedules(): CfnScalableTarget.ScheduledActionProperty[] | undefined {
    const schedules = this.props.policies.flatMap((policy) => (policy.kind === 'schedule' ? [policy] : []));
    return schedules.length === 0 ? undefined : schedules.map(({ id, bounds }) => ({
      scheduledActionName: id,
      schedule: bounds.schedule.expressionString,
      timezone: bounds.timeZone?.timezoneName ?? 'Etc/UTC',
      scalableTargetAction: { minCapacity: bounds.minTasks, maxCapacity: bounds.maxTasks },
    }));
  }

  private addPolicy(id: string, metric: Metric, targetValue: number): void {
    new CfnScalingPolicy(this, id, {
      // Unique within its target, which is all that is needed.
      policyName: id,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: this.target.ref,
      targetTrackingScalingPolicyConfiguration: { ...metric, targetValue, scaleInCooldown: 300, scaleOutCooldown: SCALE_OUT_COOLDOWN },
    });
  }
}

/**
 * Messages for each task, as target tracking needs them: it scales out where the target is *exceeded*, and in to zero only where the metric is 0.
 *
 * - Without tasks, one message that waits exceeds the target, whatever the target is.
 * - With tasks, only messages that wait scale out. Those in work count as well before anything scales in, and keep the last task.
 * - While there is a message, scaling in removes one task or a tenth of them: an empty queue may be empty because the tasks keep up. `kept`
 *   stays a little below the number that would be just right, and below the 90 % of the target at which scaling in begins.
 *
 * `waiting` is not filled. SQS is a minute or two late, and with a 0 for each last minute the alarm would never see three minutes above
 * the target. Where SQS is silent, because nobody has used the queue for six hours, nothing scales.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 */
function backlogExpressions(target: string): MetricQuery[] {
  const tracked = `IF(load > ${target}, load, IF(held > ${target}, ${target}, IF(held > kept, held, IF(held > 0, kept, 0))))`;
  return [
    expressionOf('running', 'FILL(reports, 0)'),
    expressionOf('tasks', 'IF(running < 1, 1, running)'),
    expressionOf('load', 'waiting / tasks'),
    expressionOf('held', '(waiting + FILL(working, 0)) / tasks'),
    expressionOf('kept', `IF(tasks < 11, (tasks - 1.1) / tasks, 0.89) * ${target}`),
    { ...expressionOf('backlog', `IF(running < 1, IF(waiting > 0, ${target} + 1, 0), ${tracked})`), label: 'Messages for each task', returnData: true },
  ];
}

/**
 * The predefined metric knows one target group, and the requests may go to the other. A group without requests may report nothing, which
 * a sum of series leaves out; zeros in its place would hide the last minute, which is late.
 */
function requestMetric(resourceLabels: string[]): Metric {
  if (resourceLabels.length === 1) {
    return predefined('ALBRequestCountPerTarget', resourceLabels[0]);
  }
  const requests = resourceLabels.map((label, index) => query(`requests${index}`, 'AWS/ApplicationELB', 'RequestCountPerTarget', 'Sum', { TargetGroup: targetGroupOf(label) }));
  const all = expressionOf('requests', `SUM([${requests.map(({ id }) => id).join(', ')}])`);
  return { customizedMetricSpecification: { metrics: [...requests, { ...all, label: 'Requests for each task', returnData: true }] } };
}

function targetGroupOf(resourceLabel: string): string {
  return Fn.join('', ['targetgroup/', Fn.select(1, Fn.split('/targetgroup/', resourceLabel))]);
}

function predefined(predefinedMetricType: string, resourceLabel?: string): Metric {
  return { predefinedMetricSpecification: { predefinedMetricType, resourceLabel } };
}

function expressionOf(id: string, expression: string): MetricQuery {
  return { id, expression, returnData: false };
}

function query(id: string, namespace: string, metricName: string, stat: string, dimensions: { [name: string]: string }): MetricQuery {
  const named = Object.entries(dimensions).map(([name, value]) => ({ name, value }));
  return { id, metricStat: { metric: { namespace, metricName, dimensions: named }, stat }, returnData: false };
}
