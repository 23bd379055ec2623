import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** What lets ECS move the requests of a service from one target group of its routes to the other. */
export class TrafficShift extends Construct {
  /** The one of a service, made with the first route. */
  public static of(service: Construct): TrafficShift {
    return service.node.tryFindChild('TrafficShift') as TrafficShift | undefined ?? new TrafficShift(service, 'TrafficShift');
  }

  public readonly role: iam.IRole;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'),
      description: 'ECS moves requests between target groups during deployments',
      // The policy that ECS documents for this and keeps up to date with what it calls.
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonECSInfrastructureRolePolicyForLoadBalancers')],
    });
  }
}
