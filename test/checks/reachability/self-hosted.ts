import { App, CustomResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { InstanceTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { BackendCluster, BackendNetwork, Egress, FargateApi, MigrationSource, MigrationTask, PostgresDatabase, Posture, SsmBastion } from '../../../src';
import { Broker } from '../../../src/broker/broker';
import { ServerWatch } from '../../../src/broker/server-watch';
import { connectionsIn } from '../../../src/network/shared/connections';
import { POSTGRES_BROKER_ENGINE } from '../../../src/postgres/engine/postgres-engine';
import { PostgresServer } from '../../../src/postgres/private/postgres-server';
import type { ServerMetrics } from '../../../src/postgres/private/server-metrics';

/** A server that a team runs on instances: three of them, behind an internal network load balancer. */
export class SelfHostedPostgres extends PostgresServer {
  public readonly endpoint: string;
  public readonly port = 5432;
  public readonly connections: ec2.Connections;
  public readonly database: PostgresDatabase;
  public readonly nodes: ec2.Instance[];

  public constructor(scope: Construct, id: string, public readonly vpc: ec2.IVpc) {
    super(scope, id);
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    const [balancerGroup, nodeGroup] = ['BalancerGroup', 'NodeGroup'].map((name) => new ec2.SecurityGroup(this, name, { vpc, allowAllOutbound: false }));
    // Without any rule EC2 lets everything out, and CDK takes its own that matches nothing away with the first real one.
    (balancerGroup.node.defaultChild as ec2.CfnSecurityGroup).securityGroupEgress = [{ cidrIp: '255.255.255.255/32', ipProtocol: 'icmp', fromPort: 252, toPort: 86 }];
    const balancer = new elb.NetworkLoadBalancer(this, 'Balancer', { vpc, vpcSubnets, internetFacing: false, securityGroups: [balancerGroup] });
    this.nodes = ['A', 'B', 'C'].map((name) => new ec2.Instance(this, `Node${name}`, {
      vpc, vpcSubnets, securityGroup: nodeGroup, requireImdsv2: true, machineImage: ec2.MachineImage.latestAmazonLinux2023(), instanceType: new ec2.InstanceType('t4g.small'),
    }));
    balancer.addListener('Postgres', { port: this.port }).addTargets('Nodes', { port: this.port, targets: this.nodes.map((node) => new InstanceTarget(node)) });
    balancerGroup.connections.allowTo(nodeGroup, ec2.Port.tcp(this.port));
    this.endpoint = balancer.loadBalancerDnsName;
    this.connections = connectionsIn(this, vpc, { securityGroups: [balancerGroup], defaultPort: ec2.Port.tcp(this.port) });
    const adminSecret = new secretsmanager.Secret(this, 'Admin');
    const authority = new CustomResource(this, 'Authority', { resourceType: 'Custom::Authority', serviceToken: 'arn:aws:lambda:eu-west-1:111111111111:function:authority' });
    Broker.announce(this, () => ({
      server: this,
      engine: POSTGRES_BROKER_ENGINE,
      owned: true,
      watch: ServerWatch.none(),
      portText: String(this.port),
      vpcSubnets,
      adminSecret,
      adminUsername: 'postgres',
      caBundle: authority.getAttString('Pem'),
      serverResources: this.nodes,
      inputs: [vpc],
    }));
    this.database = new PostgresDatabase(this, 'Database', { server: this, databaseName: 'app' });
  }

  public _metrics(): ServerMetrics {
    return { namespace: 'SelfHosted', dimensions: {}, names: {} };
  }
}

/** A backend on such a server, without the rules of security groups whose paths match. */
export function selfHosted(without: RegExp = /^$/): App {
  const app = new App({ analyticsReporting: false });
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Own', { terminationProtection: true, env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natInstance() });
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new SelfHostedPostgres(stack, 'Postgres', vpc);
  const migrations = new MigrationTask(stack, 'Migrations', { cluster, database: postgres.database, source: MigrationSource.goose('examples/01-private-backend/migrations') });
  new FargateApi(stack, 'Api', {
    cluster, image: ContainerImage.fromRegistry('nginx:1.29'), connectTo: [postgres.addUser('Api')], migrations: [migrations],
  });
  new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
  dropRules(stack, without);
  return app;
}

/** The rules of security groups in a stack, by their paths. */
export function rulesOf(scope: Construct): string[] {
  return scope.node.findAll().filter((each) => each instanceof ec2.CfnSecurityGroupIngress || each instanceof ec2.CfnSecurityGroupEgress).map(({ node }) => node.path);
}

/** Takes the rules of security groups away whose paths match. */
export function dropRules(scope: Construct, paths: RegExp): void {
  for (const rule of scope.node.findAll().filter(({ node }) => rulesOf(scope).includes(node.path) && paths.test(node.path))) {
    rule.node.scope!.node.tryRemoveChild(rule.node.id);
  }
}
