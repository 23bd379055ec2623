import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IngressTargetGroup, IIngressRoute } from '../../binding';

/** What lets ECS move the requests of a service from one target group of its routes to the other. */
export class TrafficShift extends Construct {
  private readonly role: iam.Role;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'),
      description: 'ECS moves requests between target groups during deployments',
      // The policy that ECS documents for this and keeps up to date with what it calls.
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonECSInfrastructureRolePolicyForLoadBalancers')],
    });
  }

  /** The second target group of a route, as ECS takes it. */
  public alternateTarget(route: IIngressRoute, { targetGroup }: IngressTargetGroup): ecs.IAlternateTarget {
    const config = { alternateTargetGroupArn: targetGroup.targetGroupArn, roleArn: this.role.roleArn, productionListenerRule: route.listenerRuleArn };
    return { bind: () => config };
  }
}
