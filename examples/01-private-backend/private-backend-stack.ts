import * as path from 'path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HostedZone, type HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import { BackendCluster, BackendNetwork, CustomDomain, FargateApi, MigrationSource, MigrationTask, type PemFile, Posture, PrivatePostgres, PublicIngress, ServiceImage, SsmBastion } from 'cdk-private-backend';
import type { Construct } from 'constructs';

export interface PrivateBackendStackProps extends StackProps {
  /**
   * Serve HTTPS as `api.<zone>`, with a certificate and a record of its own.
   *
   * @default - HTTP under the load balancer's own name; an error in production
   */
  readonly hostedZone?: HostedZoneAttributes;

  /**
   * PEM certificate authorities of the database server.
   *
   * @default - the RDS roots of the stack's region
   */
  readonly caCertificates?: PemFile;
}

/** A Go API with a private PostgreSQL, a bastion without open ports, an application user and goose migrations. */
export class PrivateBackendStack extends Stack {
  constructor(scope: Construct, id: string, props: PrivateBackendStackProps = {}) {
    super(scope, id, { terminationProtection: Posture.of(scope).terminationProtection, ...props });

    const { vpc } = new BackendNetwork(this, 'Network', { cidr: '10.0.0.0/16' });
    const cluster = new BackendCluster(this, 'Cluster', { vpc });

    const postgres = new PrivatePostgres(this, 'Postgres', { vpc, databaseName: 'app', extensions: ['pgcrypto'], caCertificates: props.caCertificates });
    const migrations = new MigrationTask(this, 'Migrations', {
      cluster,
      database: postgres.database,
      source: MigrationSource.goose(path.join(__dirname, 'migrations')),
    });
    const user = postgres.addUser('Api');
    const api = new FargateApi(this, 'Api', {
      cluster,
      image: ServiceImage.fromDirectory(path.join(__dirname, '../services/go-api')),
      connectTo: [user],
      migrations: [migrations],
    });

    const domain = props.hostedZone && CustomDomain.fromHostedZone(
      HostedZone.fromHostedZoneAttributes(this, 'Zone', props.hostedZone),
      { domainNames: [`api.${props.hostedZone.zoneName}`] },
    );
    const ingress = new PublicIngress(this, 'Ingress', { vpc, domain });
    ingress.addRoute('Api', { paths: ['/*'], target: api });
    const tunnel = new SsmBastion(this, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });

    new CfnOutput(this, 'Url', { value: ingress.url });
    new CfnOutput(this, 'ConnectCommand', { value: tunnel.connectCommand });
    new CfnOutput(this, 'MigrateCommand', { value: migrations.runCommand });
    new CfnOutput(this, 'UserSecret', { value: user.secret!.secretArn });
  }
}
