import { App, Stack, type AppProps, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { BackendNetwork, Egress, MigrationSource, MigrationTask, Posture, PrivatePostgres, type MigrationSourceConfig, type MigrationTaskProps, PemFile } from '../../src';

/** Migrations whose content is given, so that these tests read no files. */
export class FixedSource extends MigrationSource {
  constructor(private readonly config: Partial<MigrationSourceConfig> = {}) {
    super();
  }

  public bind(): MigrationSourceConfig {
    return {
      image: ecs.ContainerImage.fromRegistry('example/migrations@sha256:1'),
      revision: 'r1',
      protectedTables: ['goose_db_version'],
      usesRunner: true,
      ...this.config,
    };
  }
}

export interface Backend {
  readonly app: App;
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly postgres: PrivatePostgres;
}

export interface BackendOptions {
  readonly app?: AppProps;
  readonly env?: Environment;
  readonly egress?: Egress;
}

/** Network, cluster and server in one stack. */
export function backend({ app: appProps, env, egress = Egress.natGateway() }: BackendOptions = {}): Backend {
  const app = new App(appProps);
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Backend', { env });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress });
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc });
  const caCertificates = env?.region === undefined || /^(cn|us-gov)-/.test(env.region) ? PemFile.fromText(CA) : undefined;
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app', caCertificates });
  return { app, stack, vpc, cluster, postgres };
}

/** Stands for a root certificate, where the region of a stack has none in the library. */
export const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

export function migrate(made: Backend, props: Partial<MigrationTaskProps> = {}, id = 'Migrations'): MigrationTask {
  return new MigrationTask(made.stack, id, { cluster: made.cluster, database: made.postgres.database, source: new FixedSource(), ...props });
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: string | string[];
}

export function resourcesOf(stack: Stack): Record<string, Resource> {
  return (Template.fromStack(stack).toJSON().Resources ?? {}) as Record<string, Resource>;
}

/** The one resource of a type, with its logical id. */
export function only(stack: Stack, type: string, prefix = ''): Resource & { id: string } {
  const found = Object.entries(resourcesOf(stack)).filter(([id, { Type }]) => Type === type && id.startsWith(prefix));
  if (found.length !== 1) {
    throw new Error(`${found.length} resources of type ${type}: ${found.map(([id]) => id).join(', ')}`);
  }
  return { id: found[0][0], ...found[0][1] };
}

/** Logical ids that a resource waits for, explicitly. */
export function dependenciesOf(resource: Resource): string[] {
  return [resource.DependsOn ?? []].flat();
}
