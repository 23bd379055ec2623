import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { type PostgresDatabase, Posture, PrivatePostgres, type PrivatePostgresProps } from '../../src';
import { PostgresServer } from '../../src/postgres/private/postgres-server';
import type { ServerMetrics } from '../../src/postgres/private/server-metrics';

export const FAKE_CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/** An app in development posture, unless another is asked for. */
export function newApp(posture: Posture = Posture.development(), context: { [key: string]: unknown } = {}): App {
  const app = new App({ context });
  posture.applyTo(app);
  return app;
}

/** A network of isolated subnets in two zones. */
export function newVpc(stack: Stack, id = 'Vpc'): ec2.Vpc {
  return new ec2.Vpc(stack, id, {
    maxAzs: 2,
    natGateways: 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });
}

/** A server in a stack of its own. */
export function newServer(props: Partial<PrivatePostgresProps> = {}, posture?: Posture, stackProps?: StackProps) {
  const app = newApp(posture);
  const stack = new Stack(app, 'Backend', { terminationProtection: true, ...stackProps });
  const vpc = newVpc(stack);
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, ...props });
  return { app, stack, vpc, postgres };
}

/** The template of a server. */
export function serverTemplate(props: Partial<PrivatePostgresProps> = {}, posture?: Posture): Template {
  return Template.fromStack(newServer(props, posture).stack);
}

/** Properties of the only resource of a type. */
export function onlyProperties(template: Template, type: string): { [name: string]: any } {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0].Properties;
}

/** Logical ids that a resource waits for. */
export function dependsOn(template: Template, logicalId: string): string[] {
  return template.toJSON().Resources[logicalId].DependsOn ?? [];
}

/** The logical id of the only resource of a type with such properties. */
export function idOf(template: Template, type: string, properties: object = {}): string {
  const found = Object.keys(template.findResources(type, { Properties: properties }));
  expect(found).toHaveLength(1);
  return found[0];
}

/** A server as somebody else could make one: it has all that is public, metrics of its own, and no broker. */
export class ForeignPostgres extends PostgresServer {
  public readonly endpoint = 'db.example.com';
  public readonly port = 5432;
  public readonly vpc: ec2.IVpc;
  public readonly database: PostgresDatabase;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, { vpc, database, connections }: PrivatePostgres, private readonly metrics: ServerMetrics = { namespace: 'Foreign', dimensions: {}, names: {} }) {
    super(scope, id);
    this.vpc = vpc;
    this.database = database;
    this.connections = connections;
  }

  public _metrics(): ServerMetrics {
    return this.metrics;
  }
}
