import * as path from 'path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import {
  BackendCluster, BackendNetwork, BackupReplica, DisasterRecovery, Egress, FargateApi, MigrationSource, MigrationTask, NetworkIngress, type PemFile, Posture,
  PrivatePostgres, PublicIngress, SelfHostedPostgres, ServiceImage, SsmBastion,
} from 'cdk-private-backend';
import type { Construct } from 'constructs';
import { ApiName } from './api-name';
import { oneOf } from './one-of';

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

  /**
   * Where the backups of a self-hosted database are replicated: in the stack of the second region.
   *
   * @default - nowhere
   */
  readonly replica?: BackupReplica;

  /**
   * That this is the second region: `prepared`, where nothing runs, or `active`, which restores the database from the replica and takes the clients over.
   *
   * @default - this is the first region
   */
  readonly secondRegion?: 'prepared' | 'active';

  /**
   * Name of a role that may start restore drills of a self-hosted database, beside those of its schedule.
   *
   * @default - nobody but administrators
   */
  readonly operationsRole?: string;
}

/** The hello-birthday service in one region, with a PostgreSQL of its own, dbmate migrations and a bastion without open ports. */
export class HelloBirthdayStack extends Stack {
  /** In the second region, the copy of the first one's backups. */
  public readonly replica?: BackupReplica;

  constructor(scope: Construct, id: string, props: HelloBirthdayStackProps = {}) {
    super(scope, id, { terminationProtection: Posture.of(scope).terminationProtection, ...props });

    // Where nothing runs, one NAT gateway keeps the routes that nodes will need; activation adds those of the other zones.
    const { vpc } = new BackendNetwork(this, 'Network', { egress: props.secondRegion === 'prepared' ? Egress.natGateway() : undefined });
    this.replica = props.secondRegion && new BackupReplica(this, 'Replica');
    const postgres = this.createPostgres(vpc, props);
    const name = props.hostedZone && new ApiName(this, 'Name', props.hostedZone);
    if (props.secondRegion !== 'prepared') {
      this.createService(vpc, postgres, props, name);
    }
  }

  private createPostgres(vpc: IVpc, { database, caCertificates, replica, secondRegion, operationsRole }: HelloBirthdayStackProps): PrivatePostgres | SelfHostedPostgres {
    const common = { vpc, databaseName: 'hello' };
    if (oneOf('database', database, ['self-hosted', 'managed']) === 'managed') {
      return new PrivatePostgres(this, 'Postgres', { ...common, caCertificates });
    }
    const postgres = new SelfHostedPostgres(this, 'Postgres', {
      ...common,
      disasterRecovery: replica && DisasterRecovery.pilotLight({ replica }),
      recoverFrom: this.replica,
      active: secondRegion !== 'prepared',
    });
    new CfnOutput(this, 'DatabaseCluster', { value: postgres.clusterName });
    if (Posture.of(this).restoreDrills && secondRegion !== 'prepared') {
      this.offerDrills(postgres, operationsRole);
    }
    return postgres;
  }

  private offerDrills(postgres: SelfHostedPostgres, operationsRole?: string): void {
    new CfnOutput(this, 'RestoreDrillGroup', { value: postgres.restoreDrillGroupName });
    new CfnOutput(this, 'RestoreDrillCommand', { value: postgres.restoreDrillCommand });
    if (operationsRole !== undefined) {
      postgres.grantStartRestoreDrill(Role.fromRoleName(this, 'Operations', operationsRole));
    }
  }

  private createService(vpc: IVpc, postgres: PrivatePostgres | SelfHostedPostgres, props: HelloBirthdayStackProps, name?: ApiName): void {
    const cluster = new BackendCluster(this, 'Cluster', { vpc });
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

    const balancer = oneOf('ingress', props.ingress, ['application', 'network']);
    const domain = name?.domain;
    const ingress = balancer === 'network' ? new NetworkIngress(this, 'Ingress', { vpc, domain, internetFacing: true }) : new PublicIngress(this, 'Ingress', { vpc, domain });
    ingress.addRoute('Api', { target: api });
    name?.leadTo(ingress.loadBalancer, props.secondRegion === undefined ? 0 : 1, api.service);
    const tunnel = new SsmBastion(this, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });

    new CfnOutput(this, 'Url', { value: ingress.url });
    new CfnOutput(this, 'ConnectCommand', { value: tunnel.connectCommand });
    new CfnOutput(this, 'MigrateCommand', { value: migrations.runCommand });
    new CfnOutput(this, 'UserSecret', { value: user.secret!.secretArn });
  }
}
