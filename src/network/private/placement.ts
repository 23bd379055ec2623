import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';

/** Where tasks run, and whether they need a public address to reach AWS. */
export interface TaskPlacement {
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly assignPublicIp: boolean;
}

/** Databases: isolated subnets, else private, never public. An explicit selection wins. */
export function placeDatabase(_scope: IConstruct, vpc: ec2.IVpc, explicit?: ec2.SubnetSelection): ec2.SubnetSelection {
  if (explicit !== undefined) {
    return explicit;
  }
  return { subnetType: vpc.isolatedSubnets.length > 0 ? ec2.SubnetType.PRIVATE_ISOLATED : ec2.SubnetType.PRIVATE_WITH_EGRESS };
}

/** Tasks: private subnets with egress, else public with a public address, else isolated. An explicit selection wins. */
export function placeTask(_scope: IConstruct, vpc: ec2.IVpc, explicit?: ec2.SubnetSelection): TaskPlacement {
  if (explicit !== undefined) {
    return { vpcSubnets: explicit, assignPublicIp: vpc.selectSubnets(explicit).hasPublic };
  }
  if (vpc.privateSubnets.length > 0) {
    return { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, assignPublicIp: false };
  }
  if (vpc.publicSubnets.length > 0) {
    return { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }, assignPublicIp: true };
  }
  return { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, assignPublicIp: false };
}
