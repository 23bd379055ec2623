import * as path from 'path';
import { CustomResource, Duration, RemovalPolicy, type CustomResourceProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';

/** Environment variables and the fields of a user's secret that they come from. */
export const USER_FIELDS = { PGDATABASE: 'dbname', PGHOST: 'host', PGPASSWORD: 'password', PGPORT: 'port', PGUSER: 'username' };

export function secretsOf(secret: secretsmanager.ISecret, fields: Record<string, string>): Record<string, ecs.Secret> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, ecs.Secret.fromSecretsManager(secret, field)]));
}

export function createTaskDefinition(scope: Construct, id: string, size = { cpu: 256, memoryLimitMiB: 512 }): ecs.FargateTaskDefinition {
  return new ecs.FargateTaskDefinition(scope, id, {
    ...size,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
  });
}

/** Both rules as resources of their own, as between stacks. */
export function openPath(from: ec2.SecurityGroup, to: ec2.ISecurityGroup, port: number, description: string): IConstruct[] {
  const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port, description };
  return [
    new ec2.CfnSecurityGroupIngress(from, `To${port}Ingress`, { ...rule, groupId: to.securityGroupId, sourceSecurityGroupId: from.securityGroupId }),
    new ec2.CfnSecurityGroupEgress(from, `To${port}Egress`, { ...rule, groupId: from.securityGroupId, destinationSecurityGroupId: to.securityGroupId }),
  ];
}

/** A security group that lets nothing in, and HTTPS out where it is asked for. */
export function createGroup(scope: Construct, id: string, vpc: ec2.IVpc, description: string, https?: string): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false });
  if (https !== undefined) {
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), https);
  }
  return group;
}

/** A network of two zones, with a NAT gateway where there are private subnets. */
export function createVpc(scope: Construct, natGateways: 0 | 1): ec2.Vpc {
  const withPrivate = natGateways > 0 ? [{ name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 }] : [];
  return new ec2.Vpc(scope, 'Vpc', {
    ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16'),
    maxAzs: 2,
    natGateways,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: false },
      ...withPrivate,
      { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
    ],
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
}

/** A load balancer and its listener for HTTP, which answers 404 where no rule does. */
export function createListener(scope: Construct, vpc: ec2.IVpc, securityGroup: ec2.SecurityGroup): elbv2.ApplicationListener {
  const balancer = new elbv2.ApplicationLoadBalancer(scope, 'Balancer', {
    vpc,
    internetFacing: true,
    securityGroup,
    dropInvalidHeaderFields: true,
    desyncMitigationMode: elbv2.DesyncMitigationMode.DEFENSIVE,
    http2Enabled: true,
    deletionProtection: false,
  });
  securityGroup.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(80), 'HTTP');
  const defaultAction = elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });
  return balancer.addListener('Http', { port: 80, open: false, defaultAction });
}

export function createLogGroup(scope: Construct, id: string): logs.LogGroup {
  return new logs.LogGroup(scope, id, { retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY });
}

/** A function of this library's bundles, with a role of its own that may do nothing but what is listed. */
export class BundledFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly role: iam.Role;
  public readonly policy: iam.Policy;
  public readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, root: string, asset: string, options: Partial<lambda.FunctionProps>) {
    super(scope, id);
    this.logGroup = createLogGroup(this, 'Logs');
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.policy = new iam.Policy(this, 'Policy', {
      roles: [this.role],
      statements: [new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] })],
    });
    this.function = new lambda.Function(this, 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(path.join(root, 'assets', asset)),
      timeout: Duration.minutes(15),
      memorySize: 256,
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      ...options,
    });
  }

  public allow(actions: string[], resources: string[], more: Partial<iam.PolicyStatementProps> = {}): void {
    this.policy.addStatements(new iam.PolicyStatement({ actions, resources, ...more }));
  }

  /** What whoever calls it has to wait for. */
  public get all(): IConstruct[] {
    return [this.function, this.role, this.policy, this.logGroup];
  }
}

/** A custom resource that waits for others. */
export function createCustomResource(scope: Construct, id: string, props: CustomResourceProps, ...dependencies: IConstruct[]): CustomResource {
  const resource = new CustomResource(scope, id, props);
  resource.node.addDependency(...dependencies);
  return resource;
}

/** Options of a container that may write to `/tmp` only. */
export function hardened(scope: Construct, id: string, logGroup: logs.ILogGroup, streamPrefix: string) {
  const linuxParameters = new ecs.LinuxParameters(scope, id, { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  linuxParameters.addTmpfs({ containerPath: '/tmp', size: 64, mountOptions: [ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV] });
  return {
    linuxParameters,
    privileged: false,
    readonlyRootFilesystem: true,
    user: '1000:1000',
    logging: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix, mode: ecs.AwsLogDriverMode.BLOCKING }),
  };
}
