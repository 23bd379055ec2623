import { Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { PostgresServer, type ServerLimits } from './postgres-server';
import { rdsClusterMetrics, rdsInstanceMetrics, type ServerMetrics } from './server-metrics';
import { validateCertificateAuthorities } from './trust';
import { Broker } from '../../broker/broker';
import { ServerWatch } from '../../broker/server-watch';
import { placeStore } from '../../network/shared/placement';
import { InvalidBackendError } from '../../private/errors';
import { POSTGRES_BROKER_ENGINE } from '../engine/postgres-engine';
import type { PostgresAttributes } from '../postgres';
import { PostgresDatabase } from '../postgres-database';

/** A server that others made, with the same broker as one that this library made. */
export class ImportedPostgres extends PostgresServer {
  public readonly endpoint: string;
  public readonly port: number;
  public readonly vpc: ec2.IVpc;
  public readonly connections: ec2.Connections;
  private readonly firstDatabase?: PostgresDatabase;

  constructor(scope: Construct, id: string, private readonly attributes: PostgresAttributes) {
    super(scope, id);
    this.validateAttributes();
    this.endpoint = attributes.endpoint;
    this.port = attributes.port ?? 5432;
    this.vpc = attributes.vpc;
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups, defaultPort: ec2.Port.tcp(this.port) });
    Broker.announce(this, () => this.brokerProps());
    if (attributes.databaseName !== undefined) {
      this.firstDatabase = new PostgresDatabase(this, 'Database', {
        server: this,
        databaseName: attributes.databaseName,
        adoptExisting: attributes.adoptExisting,
      });
    }
  }

  public get database(): PostgresDatabase {
    if (this.firstDatabase === undefined) {
      throw new InvalidBackendError(this, 'This imported server has no first database. Give databaseName when importing it, or declare one with addDatabase().');
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
    throw new InvalidBackendError(this, 'Metrics of an imported server need its instanceIdentifier or clusterIdentifier. Give one when importing it.');
  }

  public _limits(): ServerLimits {
    return { maxConnections: this.attributes.maxConnections };
  }

  private validateAttributes(): void {
    const { securityGroups, instanceIdentifier, clusterIdentifier, port } = this.attributes;
    validateEndpoint(this, this.attributes.endpoint);
    if (securityGroups.length === 0) {
      throw new InvalidBackendError(this, 'securityGroups must hold at least one security group of the server, so that databases and users can be reached.');
    }
    if (instanceIdentifier !== undefined && clusterIdentifier !== undefined) {
      throw new InvalidBackendError(this, 'Give instanceIdentifier for an instance or clusterIdentifier for a cluster, not both.');
    }
    if (port !== undefined && !Token.isUnresolved(port) && (!Number.isInteger(port) || port < 1 || port > 65535)) {
      throw new InvalidBackendError(this, `port must be a whole number from 1 to 65535, got ${port}.`);
    }
  }

  private brokerProps() {
    const { attributes } = this;
    validateCertificateAuthorities(this, attributes.caBundle);
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
      caBundle: attributes.caBundle,
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
    throw new InvalidBackendError(scope, `endpoint must be a host name alone, without protocol, port or path, got '${endpoint}'.`);
  }
  if (/\.(proxy|cluster-ro)-[a-z0-9]+\.[a-z0-9-]+\.rds\./i.test(endpoint)) {
    throw new InvalidBackendError(scope, `endpoint '${endpoint}' is that of a proxy or of readers. Give the endpoint of the instance, or the writer endpoint of the cluster.`);
  }
}
