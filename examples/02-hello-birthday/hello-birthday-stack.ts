import * as path from 'path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HostedZone, type HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import { BackendCluster, BackendNetwork, CustomDomain, FargateApi, MigrationSource, MigrationTask, type PemFile, Posture, PrivatePostgres, PublicIngress, ServiceImage, SsmBastion } from 'cdk-private-backend';
import type { Construct } from 'constructs';

export interface HelloBirthdayStackProps extends StackProps {
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

/** The hello-birthday service with a private PostgreSQL, dbmate migrations and a bastion without open ports. */
export class HelloBirthdayStack extends Stack {
  constructor(scope: Construct, id: string, props: HelloBirthdayStackProps = {}) {
    super(scope, id, { terminationProtection: Posture.of(scope).terminationProtection, ...props });

    const { vpc } = new BackendNetwork(this, 'Network');
    const cluster = new BackendCluster(this, 'Cluster', { vpc });

    const postgres = new PrivatePostgres(this, 'Postgres', { vpc, databaseName: 'hello', caCertificates: props.caCertificates });
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
    const ingress = new PublicIngress(this, 'Ingress', { vpc, domain });
    ingress.addRoute('Api', { paths: ['/*'], target: api });
    const tunnel = new SsmBastion(this, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });

    new CfnOutput(this, 'Url', { value: ingress.url });
    new CfnOutput(this, 'ConnectCommand', { value: tunnel.connectCommand });
    new CfnOutput(this, 'MigrateCommand', { value: migrations.runCommand });
    new CfnOutput(this, 'UserSecret', { value: user.secret!.secretArn });
  }
}
