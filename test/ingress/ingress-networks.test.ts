import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { type IIngressTarget } from '../../src/binding';
import { PublicIngress } from '../../src/ingress';
import { createVpc, developmentApp } from '../fargate/fixture';

/** A target that is nothing but a security group. */
class TestTarget extends Construct implements IIngressTarget {
  public readonly port = 8080;
  public readonly healthCheckPath = '/';
  public readonly deregistrationDelay = Duration.seconds(5);
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, public readonly vpc: ec2.IVpc) {
    super(scope, id);
    this.connections = new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(this, 'Group', { vpc })] });
  }

  public attachToIngress() {}
}

const imported = (scope: Stack, id: string, vpcId: string) => ec2.Vpc.fromVpcAttributes(scope, id, {
  vpcId, availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-1', 'subnet-2'], publicSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
});

test('fails for a target in another VPC of the app', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  const ingress = new PublicIngress(stack, 'Ingress', { vpc: createVpc(stack) });
  expect(() => ingress.addRoute('Api', { target: new TestTarget(stack, 'Target', createVpc(stack, 'Other')) })).toThrow(/Route 'Api': 'Stack\/Target' is in a different VPC from this ingress.*same `vpc`/);
});

test('fails for a target in another imported VPC', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  const ingress = new PublicIngress(stack, 'Ingress', { vpc: imported(stack, 'Vpc', 'vpc-1') });
  expect(() => ingress.addRoute('Api', { target: new TestTarget(stack, 'Target', imported(stack, 'Other', 'vpc-2')) })).toThrow(/different VPC/);
});

test('one VPC that was imported twice is one', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  const ingress = new PublicIngress(stack, 'Ingress', { vpc: imported(stack, 'Vpc', 'vpc-1') });
  ingress.addRoute('Api', { target: new TestTarget(stack, 'Target', imported(stack, 'Again', 'vpc-1')) });
  Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', { VpcId: 'vpc-1' });
});
