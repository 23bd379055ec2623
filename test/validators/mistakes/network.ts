import { CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { Mistake } from './mistake';
import { addEndpoints, newClient, newDatabase, newFunction, newIsolatedVpc, newService, newTask, newVpc } from './parts';
import { BackendCluster, FargateApi } from '../../../src';

const TARGET = 'reachability-balancer-to-target';
const IMAGE = 'reachability-task-image';
const CLIENT = 'reachability-client-to-store';

/** What times out after a deployment that said it succeeded, or that never ends. */
export const NETWORK_MISTAKES: Mistake[] = [
  {
    id: 'service-admits-no-balancer',
    title: 'The security group of a service does not admit the load balancer: it was imported, and rules of imported groups are dropped silently',
    source: 'https://github.com/telia-oss/terraform-aws-ecs-fargate/issues/57',
    seed: (stack, wrong) => {
      const vpc = newVpc(stack);
      const group = new ec2.SecurityGroup(stack, 'ServiceGroup', { vpc });
      const imported = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Imported', group.securityGroupId, { mutable: !wrong });
      balance(stack, vpc, newService(stack, vpc, { securityGroups: [imported] }));
    },
    caughtBy: { ReachabilityCheck: TARGET },
  },
  {
    id: 'health-check-port-closed',
    title: 'The health check asks another port than the one that traffic goes to, and nothing opens it',
    source: 'https://github.com/aws/aws-cdk/issues/31694',
    seed: (stack, wrong) => {
      const vpc = newVpc(stack);
      balance(stack, vpc, newService(stack, vpc), { port: wrong ? '5000' : undefined });
    },
    caughtBy: { ReachabilityCheck: TARGET },
  },
  {
    id: 'isolated-without-endpoints',
    title: 'Tasks are in isolated subnets without the endpoints that they start through',
    source: 'https://github.com/aws/containers-roadmap/issues/48',
    seed: (stack, wrong) => {
      const vpc = newIsolatedVpc(stack);
      if (!wrong) {
        addEndpoints(vpc);
      }
      newService(stack, vpc);
    },
    withLibrary: (stack, wrong) => {
      const vpc = newIsolatedVpc(stack);
      if (!wrong) {
        addEndpoints(vpc);
      }
      newApi(stack, vpc);
    },
    caughtBy: { ReachabilityCheck: IMAGE, library: 'The isolated subnets of the VPC' },
  },
  {
    id: 'endpoint-admits-nobody',
    title: 'The security group of the endpoints does not admit the tasks',
    source: 'https://github.com/aws/aws-cdk/issues/4937',
    seed: (stack, wrong) => {
      const vpc = newIsolatedVpc(stack);
      addEndpoints(vpc, { open: !wrong });
      newService(stack, vpc);
    },
    caughtBy: { ReachabilityCheck: IMAGE },
  },
  {
    id: 'endpoint-without-private-dns',
    title: 'The endpoints have no private DNS, so that clients still find the public addresses',
    source: 'https://github.com/aws/aws-cli/issues/6147',
    seed: (stack, wrong) => {
      const vpc = newIsolatedVpc(stack);
      addEndpoints(vpc, { privateDnsEnabled: !wrong });
      newService(stack, vpc);
    },
    withLibrary: (stack, wrong) => {
      const vpc = newIsolatedVpc(stack);
      addEndpoints(vpc, { privateDnsEnabled: !wrong });
      newApi(stack, vpc);
    },
    caughtBy: { ReachabilityCheck: IMAGE, library: 'The isolated subnets of the VPC' },
  },
  {
    id: 'public-subnet-without-address',
    title: 'Tasks are in public subnets without a public IP address',
    source: 'https://github.com/aws/amazon-ecs-agent/issues/1128',
    seed: (stack, wrong) => {
      newService(stack, newVpc(stack), { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }, assignPublicIp: !wrong });
    },
    caughtBy: { ReachabilityCheck: IMAGE },
  },
  {
    id: 'no-way-to-image-layers',
    title: 'Tasks may reach the interface endpoints only, and the layers of images come from addresses of S3',
    source: 'https://github.com/GuardBench/guardbench-iac/issues/4',
    seed: (stack, wrong) => {
      const vpc = newIsolatedVpc(stack);
      const group = new ec2.SecurityGroup(stack, 'ServiceGroup', { vpc, allowAllOutbound: false });
      addEndpoints(vpc).forEach((endpoint) => endpoint.connections.allowDefaultPortFrom(group));
      if (!wrong) {
        group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Layers of images, by the gateway endpoint of S3');
      }
      newService(stack, vpc, { securityGroups: [group] });
    },
    caughtBy: { ReachabilityCheck: IMAGE },
  },
  {
    id: 'acl-blocks-answers',
    title: 'A network ACL admits requests and not the answers, which come to ephemeral ports',
    source: 'https://github.com/MaterializeInc/materialize/pull/37016',
    seed: (stack, wrong) => {
      const vpc = newVpc(stack);
      const acl = new ec2.NetworkAcl(stack, 'Acl', { vpc, subnetSelection: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } });
      const { EGRESS, INGRESS } = ec2.TrafficDirection;
      acl.addEntry('Out', { ruleNumber: 100, cidr: ec2.AclCidr.anyIpv4(), traffic: ec2.AclTraffic.allTraffic(), direction: EGRESS });
      acl.addEntry('In', { ruleNumber: 100, cidr: ec2.AclCidr.anyIpv4(), traffic: wrong ? ec2.AclTraffic.tcpPortRange(80, 443) : ec2.AclTraffic.tcpPortRange(80, 65535), direction: INGRESS });
      newService(stack, vpc);
    },
    caughtBy: { ReachabilityCheck: IMAGE },
  },
  {
    id: 'route-table-not-associated',
    title: 'The route table with the way out is associated with no subnet',
    source: 'https://github.com/aws/amazon-ecs-agent/issues/1266',
    seed: (stack, wrong) => newServiceOnRoute(stack, !wrong),
    caughtBy: { ReachabilityCheck: IMAGE },
  },
  {
    id: 'database-admits-no-client',
    title: 'A function is given the database\'s secret, and the database\'s security group does not admit it',
    source: 'https://github.com/aws/aws-cdk/issues/20789',
    seed: (stack, wrong) => {
      const vpc = newVpc(stack);
      const database = newDatabase(stack, vpc);
      const client = newClient(stack, vpc, database);
      if (!wrong) {
        database.connections.allowDefaultPortFrom(client);
      }
    },
    caughtBy: { ReachabilityCheck: CLIENT },
  },
  {
    id: 'balancer-admits-no-client',
    title: 'The security group of an internal network load balancer, of which a client is told, admits nobody',
    source: 'https://github.com/aws-samples/eks-workshop-v2/issues/1161',
    seed: (stack, wrong) => {
      const vpc = newVpc(stack);
      const balancer = new elbv2.NetworkLoadBalancer(stack, 'Balancer', { vpc, internetFacing: false, securityGroups: [new ec2.SecurityGroup(stack, 'BalancerGroup', { vpc })] });
      const service = newService(stack, vpc);
      balancer.addListener('Tcp', { port: 80 }).addTargets('Service', { port: 80, targets: [service] });
      service.connections.allowFrom(balancer, ec2.Port.tcp(80));
      const client = newFunction(stack, vpc, { HOST: balancer.loadBalancerDnsName });
      if (!wrong) {
        balancer.connections.allowFrom(client, ec2.Port.tcp(80));
      }
    },
    caughtBy: { ReachabilityCheck: CLIENT },
  },
  {
    id: 'database-admits-no-provider',
    title: 'The function that makes database users for custom resources is not admitted by the database, so each user fails after minutes',
    source: 'https://github.com/binxio/cfn-mysql-user-provider/issues/11',
    seed: (stack, wrong) => addUserByFunction(stack, wrong),
    caughtBy: { ReachabilityCheck: CLIENT },
  },
  {
    id: 'database-on-the-internet',
    title: 'The database has a public address, and its security group is open to everybody',
    source: 'https://github.com/aws/aws-lambda-dotnet/issues/288',
    seed: (stack, wrong) => {
      const vpc = newVpc(stack);
      const database = newDatabase(stack, vpc, { publiclyAccessible: wrong, vpcSubnets: { subnetType: wrong ? ec2.SubnetType.PUBLIC : ec2.SubnetType.PRIVATE_WITH_EGRESS } });
      database.connections.allowDefaultPortFrom(wrong ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(vpc.vpcCidrBlock));
    },
    caughtBy: { 'HardeningCheck': 'hardening-database-public', 'ReachabilityCheck': 'reachability-internet-to-store', 'cdk-nag': 'NIST.800.53.R5-RDSInstancePublicAccess' },
  },
  {
    id: 'exec-without-permission',
    title: 'ECS Exec is switched on, and the task role may not open its channel',
    source: 'https://github.com/aws/aws-cli/issues/9070',
    seed: (stack, wrong) => {
      const service = newService(stack, newVpc(stack), { enableExecuteCommand: !wrong });
      (service.node.findChild('Service') as ecs.CfnService).addPropertyOverride('EnableExecuteCommand', true);
    },
    caughtBy: { ReachabilityCheck: 'reachability-ecs-exec' },
  },
];

function balance(scope: Construct, vpc: ec2.IVpc, service: ecs.FargateService, healthCheck: elbv2.HealthCheck = {}): void {
  const balancer = new elbv2.ApplicationLoadBalancer(scope, 'Balancer', { vpc, internetFacing: true });
  balancer.addListener('Http', { port: 80 }).addTargets('Service', { port: 80, targets: [service], healthCheck });
}

/** Users by custom resources, whose function is in the VPC; this library's own has its rules by itself. */
function addUserByFunction(scope: Construct, wrong: boolean): void {
  const vpc = newVpc(scope);
  const database = newDatabase(scope, vpc);
  const provider = newFunction(scope, vpc, { HOST: database.dbInstanceEndpointAddress });
  new CustomResource(scope, 'User', { resourceType: 'Custom::User', serviceToken: provider.functionArn, properties: { Name: 'api' } });
  if (!wrong) {
    database.connections.allowDefaultPortFrom(provider);
  }
}

function newApi(scope: Construct, vpc: ec2.IVpc): FargateApi {
  return new FargateApi(scope, 'Api', { cluster: new BackendCluster(scope, 'Cluster', { vpc }), image: ecs.ContainerImage.fromRegistry('api') });
}

/** Written out, as in a template of one's own: the CDK's VPC never forgets an association. */
function newServiceOnRoute(scope: Construct, associated: boolean): void {
  const vpc = new ec2.CfnVPC(scope, 'Vpc', { cidrBlock: '10.0.0.0/16', enableDnsHostnames: true, enableDnsSupport: true });
  const subnet = new ec2.CfnSubnet(scope, 'Subnet', { vpcId: vpc.ref, cidrBlock: '10.0.0.0/24' });
  const gateway = new ec2.CfnInternetGateway(scope, 'Gateway');
  new ec2.CfnVPCGatewayAttachment(scope, 'Attachment', { vpcId: vpc.ref, internetGatewayId: gateway.ref });
  const table = new ec2.CfnRouteTable(scope, 'Table', { vpcId: vpc.ref });
  new ec2.CfnRoute(scope, 'Route', { routeTableId: table.ref, destinationCidrBlock: '0.0.0.0/0', gatewayId: gateway.ref });
  if (associated) {
    new ec2.CfnSubnetRouteTableAssociation(scope, 'Association', { subnetId: subnet.ref, routeTableId: table.ref });
  }
  const group = new ec2.CfnSecurityGroup(scope, 'Group', { vpcId: vpc.ref, groupDescription: 'Tasks', securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0' }] });
  new ecs.CfnService(scope, 'Service', {
    cluster: new ecs.CfnCluster(scope, 'Cluster').ref,
    taskDefinition: newTask(scope).taskDefinitionArn,
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: [subnet.ref], securityGroups: [group.attrGroupId], assignPublicIp: 'ENABLED' } },
  });
}
