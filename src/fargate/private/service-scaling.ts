import { Fn } from 'aws-cdk-lib';
import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct, type IConstruct } from 'constructs';
import type { ScalingPolicy } from './plans';
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

  /**
   * Scales on the requests of a route, where that was asked for.
   *
   * @param resourceLabels one for each target group between which a deployment moves requests
   */
  public addRequestScaling({ node }: IConstruct, ...resourceLabels: string[]): void {
    for (const policy of this.props.policies) {
      if (policy.kind === 'requests') {
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
    const waiting = query('waiting', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'Average', { QueueName: queue.queueName });
    // Each task reports its CPU use once a minute, so the reports count the tasks; Container Insights would have to be on.
    const tasks = query('tasks', 'AWS/ECS', 'CPUUtilization', 'SampleCount', { ClusterName: cluster.clusterName, ServiceName: serviceName });
    const backlog = { id: 'backlog', expression: 'waiting / IF(FILL(tasks, 0) < 1, 1, FILL(tasks, 0))', label: 'Messages that wait for each task', returnData: true };
    this.addPolicy(`Backlog-${queue.node.id}`, { customizedMetricSpecification: { metrics: [waiting, tasks, backlog] } }, messagesPerTask);
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
      targetTrackingScalingPolicyConfiguration: { ...metric, targetValue, scaleInCooldown: 300, scaleOutCooldown: 60 },
    });
  }
}

/** The predefined metric knows one target group, and the requests may go to the other. */
function requestMetric(resourceLabels: string[]): Metric {
  if (resourceLabels.length === 1) {
    return predefined('ALBRequestCountPerTarget', resourceLabels[0]);
  }
  const requests = resourceLabels.map((label, index) => query(`requests${index}`, 'AWS/ApplicationELB', 'RequestCountPerTarget', 'Sum', { TargetGroup: targetGroupOf(label) }));
  const expression = requests.map(({ id }) => `FILL(${id}, 0)`).join(' + ');
  return { customizedMetricSpecification: { metrics: [...requests, { id: 'requests', expression, label: 'Requests for each task', returnData: true }] } };
}

function targetGroupOf(resourceLabel: string): string {
  return Fn.join('', ['targetgroup/', Fn.select(1, Fn.split('/targetgroup/', resourceLabel))]);
}

function predefined(predefinedMetricType: string, resourceLabel?: string): Metric {
  return { predefinedMetricSpecification: { predefinedMetricType, resourceLabel } };
}

function query(id: string, namespace: string, metricName: string, stat: string, dimensions: { [name: string]: string }): MetricQuery {
  const named = Object.entries(dimensions).map(([name, value]) => ({ name, value }));
  return { id, metricStat: { metric: { namespace, metricName, dimensions: named }, stat }, returnData: false };
}
