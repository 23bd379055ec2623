import * as path from 'path';
import { CfnOutput, Stack, type App, type CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import { ByHandBastion } from './by-hand-bastion';
import { ByHandDatabase } from './by-hand-database';
import { ByHandMigration } from './by-hand-migration';
import { createGroup, createListener, createVpc } from './by-hand-parts';
import { createInstance } from './by-hand-servers';
import { ByHandService } from './by-hand-service';
import { SERVICES_PER_USER, ServiceStacks, apiPath, isWorker, serviceName, type Inputs, type Size } from './shape';

/** The resources of example 01 in development, written with CDK's own constructs: as many of each type, with the properties that matter. */
export class ByHandStack extends Stack {
  private readonly vpc: ec2.Vpc;
  private readonly cluster: ecs.Cluster;
  private readonly database: ByHandDatabase;
  private readonly ingressGroup: ec2.SecurityGroup;
  private readonly listener: elbv2.ApplicationListener;
  private readonly migration: CustomResource;
  private readonly users: CustomResource[] = [];

  constructor(app: App, id: string, private readonly inputs: Inputs, { services, perStack }: Size) {
    super(app, id);
    this.vpc = createVpc(this, 0);
    this.cluster = new ecs.Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ecs.ContainerInsights.DISABLED });
    this.database = new ByHandDatabase(this, 'Database', this.vpc, inputs.root, { name: 'app', extensions: ['pgcrypto'], createServer: createInstance });
    this.ingressGroup = createGroup(this, 'IngressGroup', this.vpc, 'Load balancer');
    this.listener = createListener(this, this.vpc, this.ingressGroup);
    const owner = this.database.addUser('Owner', 'OWNER');
    for (let index = 0; index < services; index += SERVICES_PER_USER) {
      this.users.push(this.database.addUser(serviceName(index), 'READ_WRITE'));
    }
    this.migration = this.createMigration(owner);
    const stacks = new ServiceStacks(this, perStack);
    for (let index = 0; index < services; index++) {
      this.createService(stacks.stackOf(index), index);
    }
    const { tunnel } = new ByHandBastion(this, 'Bastion', this.vpc, this.database, inputs.root);
    ['Url', 'ConnectCommand', 'MigrateCommand', 'UserSecret'].forEach((output) => new CfnOutput(this, output, { value: tunnel.ref }));
  }

  /** What tasks need to start: routes and the endpoint. */
  private get network(): IConstruct[] {
    return [this.vpc.internetConnectivityEstablished as IConstruct, this.vpc.node.findChild('S3')];
  }

  private createMigration(owner: CustomResource): CustomResource {
    const { vpc, cluster, database, inputs, network } = this;
    return new ByHandMigration(this, 'Migration', { vpc, cluster, database, databaseName: 'app', owner, inputs, network, subnetType: ec2.SubnetType.PUBLIC, assignPublicIp: true }).resource;
  }

  private createService(stack: Stack, index: number): void {
    const { vpc, cluster, database: { group: database }, network } = this;
    new ByHandService(stack, serviceName(index), {
      vpc,
      cluster,
      database,
      network,
      user: this.users[Math.floor(index / SERVICES_PER_USER)],
      trustImage: path.join(this.inputs.root, 'lib/fargate/trust-image'),
      image: ecs.ContainerImage.fromAsset(path.join(this.inputs.root, 'examples/services/go-api'), { platform: Platform.LINUX_ARM64 }),
      after: [this.migration],
      assignPublicIp: true,
      ...isWorker(index) ? {} : { port: 8080, route: { listener: this.listener, path: apiPath(index), healthCheckPath: '/healthz', priority: index + 1 } },
    });
  }
}
