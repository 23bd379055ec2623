import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';

/** Two zones, public subnets, and private ones behind one NAT gateway. */
export function newVpc(scope: Construct): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', { maxAzs: 2, natGateways: 1 });
}

/** Two zones without a way to the internet. */
export function newIsolatedVpc(scope: Construct): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
}

/** The interface endpoints that a task of Fargate needs, made as the options say, besides the one of S3. */
export function addEndpoints(vpc: ec2.Vpc, options: Partial<ec2.InterfaceVpcEndpointOptions> = {}): ec2.InterfaceVpcEndpoint[] {
  const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
  vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  return Object.entries({ ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER }).map(([id, service]) => vpc.addInterfaceEndpoint(id, { service, ...options }));
}

/** A task with one container from ECR that writes a log. */
export function newTask(scope: Construct, container: Partial<ecs.ContainerDefinitionOptions> = {}, props: ecs.FargateTaskDefinitionProps = {}): ecs.FargateTaskDefinition {
  const definition = new ecs.FargateTaskDefinition(scope, 'Task', { cpu: 256, memoryLimitMiB: 512, ...props });
  definition.addContainer('Api', {
    image: ecs.ContainerImage.fromEcrRepository(new ecr.Repository(scope, 'Repository')),
    logging: ecs.LogDriver.awsLogs({ streamPrefix: 'api' }),
    portMappings: [{ containerPort: 80 }],
    ...container,
  });
  return definition;
}

/** A service of one task. */
export function newService(scope: Construct, vpc: ec2.IVpc, props: Partial<ecs.FargateServiceProps> = {}): ecs.FargateService {
  const cluster = new ecs.Cluster(scope, 'Cluster', { vpc });
  return new ecs.FargateService(scope, 'Service', { cluster, taskDefinition: props.taskDefinition ?? newTask(scope), desiredCount: 1, minHealthyPercent: 100, ...props });
}

/** A PostgreSQL server in the private subnets. */
export function newDatabase(scope: Construct, vpc: ec2.IVpc, props: Partial<rds.DatabaseInstanceProps> = {}): rds.DatabaseInstance {
  return new rds.DatabaseInstance(scope, 'Database', {
    vpc,
    engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 }),
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    storageEncrypted: true,
    ...props,
  });
}

/** A function in the private subnets that is told where the database is. */
export function newClient(scope: Construct, vpc: ec2.IVpc, database: rds.DatabaseInstance): lambda.Function {
  return newFunction(scope, vpc, { DATABASE_HOST: database.dbInstanceEndpointAddress, DATABASE_SECRET: database.secret?.secretArn ?? '' });
}

/** A function in the private subnets. */
export function newFunction(scope: Construct, vpc: ec2.IVpc, environment: { [name: string]: string }): lambda.Function {
  return new lambda.Function(scope, 'Client', { vpc, code: lambda.Code.fromInline('exports.handler = async () => {};'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_24_X, environment });
}
