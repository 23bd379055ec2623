import { Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { PostgresServer, type ServerLimits } from './postgres-server';
import { rdsClusterMetrics, rdsInstanceMetrics, type ServerMetrics } from './server-metrics';
import { readCertificateAuthorities } from './trust';
import { Broker } from '../../broker/broker';
import { ServerWatch } from '../../broker/server-watch';
import { connectionsIn } from '../../network/shared/connections';
import { placeStore } from '../../network/shared/placement';
import { InvalidBackendError } from '../../private/errors';
import { integer } from '../../private/ranges';
import { POSTGRES_BROKER_ENGINE } from '../engine/postgres-engine';
import { PostgresDatabase } from '../postgres-database';
import type { PrivatePostgresAttributes } from '../private-postgres-attributes';

/** A server that others made, with the same broker as one that this library made. */
export class ImportedPostgres extends PostgresServer {
  public readonly endpoint: string;
  public readonly port: number;
  public readonly vpc: ec2.IVpc;
  public readonly connections: ec2.Connections;
  private readonly firstDatabase?: PostgresDatabase;

  constructor(scope: Construct, id: string, private readonly attributes: PrivatePostgresAttributes) {
    super(scope, id);
    this.validateAttributes();
    this.endpoint = attributes.endpoint;
    this.port = attributes.port ?? 5432;
    this.vpc = attributes.vpc;
    this.connections = connectionsIn(this, attributes.vpc, { securityGroups: attributes.securityGroups, defaultPort: ec2.Port.tcp(this.port) });
    Broker.announce(this, () => this.brokerProps());
    if (attributes.databaseName !== undefined) {
      this.firstDatabase = new PostgresDatabase(this, 'Database', {
        server: this,
        databaseName: attributes.databaseName,
        adoptExisting: attributes.adoptExisting,
        ownerUsername: attributes.ownerUsername,
        ownerEncryptionKey: attributes.ownerEncryptionKey,
      });
    }
  }

  public get database(): PostgresDatabase {
    if (this.firstDatabase === undefined) {
      throw new InvalidBackendError(this, 'PrivatePostgres.firstDatabase', 'The first database of this imported server isn\'t known. Set `databaseName` when you import the server, or use `postgres.addDatabase(\'App\')`.');
    }
    return this.firstDatabase;
  }

  public _metrics(): ServerMetrics {
    const { instanceIdentifier, clusterIdentifier } = this.attributes;
    if (instanceIdentifier !== undefined) {
      return rdsInstanceMetrics(instanceIdentifier);
    }
    if (clusterIdentifier !== undefined) {
      return rdsClusterMetrics(clusterIdentifier);
    }
    throw new InvalidBackendError(this, 'PrivatePostgres.importedMetrics', 'The metrics of an imported server need its identifier. Set `instanceIdentifier` or `clusterIdentifier` when you import the server.');
  }

  public _limits(): ServerLimits {
    return { maxConnections: this.attributes.maxConnections };
  }

  private validateAttributes(): void {
    const { securityGroups, instanceIdentifier, clusterIdentifier, port } = this.attributes;
    validateEndpoint(this, this.attributes.endpoint);
    if (securityGroups.length === 0) {
      throw new InvalidBackendError(this, 'PrivatePostgres.importedSecurityGroups', '`securityGroups` must not be empty. This library opens the server\'s port there for services and for itself. Pass at least one security group of the server.');
    }
    if (instanceIdentifier !== undefined && clusterIdentifier !== undefined) {
      throw new InvalidBackendError(this, 'PrivatePostgres.twoIdentifiers', '`instanceIdentifier` and `clusterIdentifier` are both set. Set `instanceIdentifier` for an instance, or `clusterIdentifier` for a cluster.');
    }
    integer(this, 'port', port, 1, 65535);
  }

  private brokerProps() {
    const { attributes } = this;
    return {
      server: this,
      engine: POSTGRES_BROKER_ENGINE,
      owned: false,
      watch: ServerWatch.none(),
      portText: Tokenization.stringifyNumber(this.port),
      vpcSubnets: placeStore(this, attributes.vpc, attributes.vpcSubnets),
      adminSecret: attributes.adminSecret,
      adminSecretKey: attributes.encryptionKey ?? attributes.adminSecret.encryptionKey,
      adminUsername: attributes.adminUsername ?? 'postgres',
      caBundle: readCertificateAuthorities(this, attributes.caCertificates),
      repairRevision: attributes.repairRevision,
      maxConnections: attributes.maxConnections,
      serverResources: [],
      inputs: [attributes.vpc, attributes.adminSecret, ...attributes.securityGroups],
    };
  }
}

/** Databases and users need the server itself: a proxy shares sessions, and with them locks and roles; a reader takes no changes. */
function validateEndpoint(scope: Construct, endpoint: string): void {
  if (Token.isUnresolved(endpoint)) {
    return;
  }
  if (!/^([a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+)$/i.test(endpoint)) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.endpoint', `\`endpoint\` must be a host name without protocol, port and path, got '${endpoint}'.`);
  }
  if (/\.(proxy|cluster-ro)-[a-z0-9]+\.[a-z0-9-]+\.rds\./i.test(endpoint)) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.proxyEndpoint', `\`endpoint\` '${endpoint}' belongs to a proxy or to readers. A proxy shares sessions between clients, and readers can't create databases and users. Set the instance's endpoint, or the cluster's writer endpoint.`);
  }
}
