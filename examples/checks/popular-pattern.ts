import { App, Stack } from 'aws-cdk-lib';
import { BastionHostLinux, InstanceClass, InstanceSize, InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import { DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';

/** The same kind of backend from the patterns that most people start with, with their defaults. For comparison only. */
export function buildPopularPattern(): App {
  const app = new App();
  const stack = new Stack(app, 'Popular');
  const vpc = new Vpc(stack, 'Vpc');
  const database = new DatabaseInstance(stack, 'Database', {
    vpc,
    engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 }),
    instanceType: InstanceType.of(InstanceClass.T4G, InstanceSize.MICRO),
  });
  const api = new ApplicationLoadBalancedFargateService(stack, 'Api', {
    vpc,
    taskImageOptions: { image: ContainerImage.fromRegistry('public.ecr.aws/docker/library/nginx:1.29'), environment: { DATABASE_HOST: database.dbInstanceEndpointAddress } },
  });
  database.connections.allowDefaultPortFrom(api.service);
  const bastion = new BastionHostLinux(stack, 'Bastion', { vpc });
  database.connections.allowDefaultPortFrom(bastion);
  return app;
}
