import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { ScalingTargets } from './service-plan';

/** What scaling needs to know of a service. */
export interface TaskScalingProps {
  readonly cluster: ecs.ICluster;
  readonly serviceName: string;
  readonly minTasks: number;
  readonly maxTasks: number;
  readonly scaling: ScalingTargets;
}

/** Scales a service on CPU, and on requests for each route that leads to it. Uses the account's service-linked role. */
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
    });
    this.addPolicy('Cpu', { predefinedMetricType: 'ECSServiceAverageCPUUtilization' }, props.scaling.cpuUtilizationPercent);
  }

  public addRequestScaling(id: string, resourceLabel: string): void {
    const { requestsPerTarget } = this.props.scaling;
    if (requestsPerTarget !== undefined) {
      this.addPolicy(`Requests-${id}`, { predefinedMetricType: 'ALBRequestCountPerTarget', resourceLabel }, requestsPerTarget);
    }
  }

  private addPolicy(id: string, metric: CfnScalingPolicy.PredefinedMetricSpecificationProperty, targetValue: number): void {
    new CfnScalingPolicy(this, id, {
      // Unique within its target, which is all that is needed.
      policyName: id,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: this.target.ref,
      targetTrackingScalingPolicyConfiguration: { predefinedMetricSpecification: metric, targetValue, scaleInCooldown: 300, scaleOutCooldown: 60 },
    });
  }
}
