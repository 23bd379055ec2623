import { readFileSync } from 'fs';
import { App, CfnOutput, Stack, type AppProps, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import type { IServiceBinding, ServiceBindingConfig, ServiceBindingOptions, INetworkEndpoint } from '../../src/binding';
import { Posture } from '../../src/posture';

export const IMAGE = ecs.ContainerImage.fromRegistry('example');

/** Feature flags that the `cdk init` of the floor version recommends. */
export const RECOMMENDED_FLAGS = JSON.parse(readFileSync(require.resolve('aws-cdk-lib/recommended-feature-flags.json'), 'utf8')) as { [flag: string]: unknown };

/** The same, without the one that asks the validator, which strict suites do. */
export const ALL_FLAGS = Object.fromEntries(Object.entries(RECOMMENDED_FLAGS).filter(([flag]) => flag !== '@aws-cdk/core:validateAgainstDefaultRules'));

export function developmentApp(props?: AppProps): App {
  const app = new App(props);
  Posture.development().applyTo(app);
  return app;
}

/** Without what production demands of the whole app: HTTPS and termination protection have tests of their own. */
export function productionApp(props?: AppProps): App {
  const app = new App(props);
  Posture.production({ requireHttps: false, terminationProtection: false }).applyTo(app);
  return app;
}

/** A VPC with three tiers in two zones, as a user may have made it. */
export function createVpc(scope: Construct, id = 'Vpc'): ec2.Vpc {
  return new ec2.Vpc(scope, id, {
    maxAzs: 2,
    natGateways: 1,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC },
      { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });
}

/** A development stack with a cluster in a VPC. */
export function createCluster(app: App = developmentApp(), stackProps?: StackProps): { stack: Stack; vpc: ec2.Vpc; cluster: ecs.Cluster } {
  const stack = new Stack(app, 'Backend', stackProps);
  const vpc = createVpc(stack);
  return { stack, vpc, cluster: new ecs.Cluster(stack, 'Cluster', { vpc }) };
}

/** Something that listens: a security group with a host name. */
export function createEndpoint(scope: Construct, id: string, vpc: ec2.IVpc, port = 5432): INetworkEndpoint {
  const group = new ec2.SecurityGroup(scope, id, { vpc });
  return { endpoint: 'server.example', port, connections: new ec2.Connections({ securityGroups: [group], defaultPort: ec2.Port.tcp(port) }) };
}

/** A binding that answers with what it is given, and remembers what it was asked. */
export class TestBinding implements IServiceBinding {
  public readonly asked: { scope: IConstruct; options: ServiceBindingOptions }[] = [];

  constructor(private readonly answer: (options: ServiceBindingOptions) => ServiceBindingConfig) {}

  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    this.asked.push({ scope, options });
    return this.answer(options);
  }
}

export function createSecret(scope: Construct, id: string, field?: string): ecs.Secret {
  return ecs.Secret.fromSecretsManager(new secretsmanager.Secret(scope, id), field);
}

/** Values of exports that would block the removal of a consumer. */
export function exportsOf(stack: Stack): string[] {
  return stack.node.findAll().flatMap((child) => (child instanceof CfnOutput && child.exportName !== undefined ? [child.node.path] : []));
}
