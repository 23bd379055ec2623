import * as path from 'path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HostedZone, type HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import {
  BackendCluster, BackendNetwork, CustomDomain, FargateApi, MigrationSource, MigrationTask, NetworkIngress, type PemFile, Posture, PrivatePostgres, PublicIngress,
  SelfHostedPostgres, ServiceImage, SsmBastion,
} from 'cdk-private-backend';
import type { Construct } from 'constructs';

export interface HelloBirthdayStackProps extends StackProps {
  /**
   * Serve HTTPS as `api.<zone>`, with a certificate and a record of its own.
   *
   * @default - HTTP under the load balancer's own name; an error in production
   */
  readonly hostedZone?: HostedZoneAttributes;

  /**
   * Who runs PostgreSQL: `self-hosted` instances of this stack, or RDS (`managed`).
   *
   * @default 'self-hosted'
   */
  readonly database?: string;

  /**
   * Which load balancer the service is behind: `application`, or `network`.
   *
   * @default 'application'
   */
  readonly ingress?: string;

  /**
   * PEM certificate authorities of a managed database server.
   *
   * @default - the RDS roots of the stack's region
   */
  readonly caCertificates?: PemFile;
}

/** The hello-birthday service with a PostgreSQL of its own, dbmate migrations and a bastion without open ports. */
export class HelloBirthdayStack extends Stack {
  constructor(scope: Construct, id: string, props: HelloBirthdayStackProps = {}) {
    super(scope, id, { terminationProtection: Posture.of(scope).terminationProtection, ...props });

    const { vpc } = new BackendNetwork(this, 'Network');
    const cluster = new BackendCluster(this, 'Cluster', { vpc });

    const database = oneOf('database', props.database, ['self-hosted', 'managed']);
    const postgres = database === 'managed'
      ? new PrivatePostgres(this, 'Postgres', { vpc, databaseName: 'hello', caCertificates: props.caCertificates })
      : new SelfHostedPostgres(this, 'Postgres', { vpc, databaseName: 'hello' });
    const migrations = new MigrationTask(this, 'Migrations', {
      cluster,
      database: postgres.database,
      source: MigrationSource.dbmate(path.join(__dirname, 'migrations')),
    });
    const user = postgres.addUser('Api');
    const api = new FargateApi(this, 'Api', {
      cluster,
      image: ServiceImage.fromDirectory(path.join(__dirname, '../services/hello-birthday')),
      connectTo: [user],
      migrations: [migrations],
    });

    const domain = props.hostedZone && CustomDomain.fromHostedZone(
      HostedZone.fromHostedZoneAttributes(this, 'Zone', props.hostedZone),
      { domainNames: [`api.${props.hostedZone.zoneName}`] },
    );
    const balancer = oneOf('ingress', props.ingress, ['application', 'network']);
    const ingress = balancer === 'network' ? new NetworkIngress(this, 'Ingress', { vpc, domain, internetFacing: true }) : new PublicIngress(this, 'Ingress', { vpc, domain });
    ingress.addRoute('Api', { target: api });
    const tunnel = new SsmBastion(this, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });

    new CfnOutput(this, 'Url', { value: ingress.url });
    new CfnOutput(this, 'ConnectCommand', { value: tunnel.connectCommand });
    new CfnOutput(this, 'MigrateCommand', { value: migrations.runCommand });
    new CfnOutput(this, 'UserSecret', { value: user.secret!.secretArn });
  }
}

/** The value, or the first of those that there are; a typing error is not the default. */
function oneOf(name: string, value: string | undefined, values: string[]): string {
  if (value !== undefined && !values.includes(value)) {
    throw new Error(`'${name}' is ${values.map((each) => `'${each}'`).join(' or ')}, got '${value}'.`);
  }
  return value ?? values[0];
}
