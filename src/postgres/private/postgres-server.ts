import type { Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IConstruct } from 'constructs';
import type { ServerMetricNames, ServerMetrics } from './server-metrics';
import { serverSymptoms } from './server-symptoms';
import { InvalidBackendError } from '../../private/errors';
import { metricOf } from '../../private/metric-of';
import { requireNewId } from '../../private/props';
import type { Monitoring, Monitored } from '../../symptoms/shared/monitored';
import type { DatabaseProperties } from '../engine/postgres.contract';
import type { MonitorPostgresOptions } from '../monitor-postgres-options';
import type { IPostgres } from '../postgres';
import { PostgresDatabase, type PostgresDatabaseOptions } from '../postgres-database';
import type { PostgresUser, PostgresUserOptions } from '../postgres-user';

/** Log groups that a server exports to, as properties of its first database; none where it exports nothing, or belongs to others. */
export type ExportedLogs = Partial<Pick<DatabaseProperties, 'LogGroups' | 'LogRetention'>>;

/** What a server can hold, as far as it is known. */
export interface ServerLimits {
  readonly maxConnections?: number;
  /** `max_connections` as the parameter group has it; nothing where RDS computes it from the memory. */
  readonly declaredConnections?: string;
  readonly allocatedStorage?: Size;
  /** Whether RDS itself adds storage before there is none left. */
  readonly growsStorage?: boolean;
  /** Memory of the instance, or the greatest of a serverless cluster. */
  readonly memory?: Size;
  /** Whether it may pause when nobody is connected, or that is known only at deployment. */
  readonly pauses?: boolean;
}

/**
 * What servers have in common, whoever made them.
 *
 * @internal
 */
export abstract class PostgresServer extends Construct implements IPostgres, Monitored {
  /** Host name of the writer. */
  public abstract readonly endpoint: string;

  /** TCP port that the server listens on. */
  public abstract readonly port: number;

  /** The network that the server is in. */
  public abstract readonly vpc: ec2.IVpc;

  /** The server's first database. */
  public abstract readonly database: PostgresDatabase;

  /** Security groups of the server, with its port as default. */
  public abstract readonly connections: ec2.Connections;

  /**
   * Declares a user of the server's first database: the same as `database.addUser()`.
   *
   * @throws where an imported server has no first database, and for whatever PostgresUser refuses
   */
  public addUser(id: string, options?: PostgresUserOptions): PostgresUser {
    return this.database.addUser(id, options);
  }

  /**
   * Declares another database on this server, in the server's stack.
   *
   * @throws when the server has a database with this id already, and for whatever PostgresDatabase refuses
   */
  public addDatabase(id: string, options: PostgresDatabaseOptions = {}): PostgresDatabase {
    const databases = this.node.tryFindChild('Databases') ?? new Construct(this, 'Databases');
    requireNewId(this, 'addDatabase', id, databases);
    return new PostgresDatabase(databases as Construct, id, { ...options, server: this });
  }

  /**
   * A metric of the server, in namespace `AWS/RDS` for servers of RDS; average over 5 minutes unless told otherwise.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
   * @throws when the identifier of an imported server is not known
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { namespace, dimensions } = this._metrics();
    return metricOf(this, { namespace, metricName, dimensionsMap: dimensions }, options);
  }

  /** How much of its processors the server uses, in percent; average over 5 minutes. */
  public metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.knownMetric('cpu', { statistic: cloudwatch.Stats.AVERAGE, ...options });
  }

  /** Open connections; greatest number within 5 minutes. */
  public metricDatabaseConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.knownMetric('connections', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Memory that is free, in bytes; least within 5 minutes. */
  public metricFreeableMemory(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.knownMetric('memory', { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /**
   * Storage that is free, in bytes; least within 5 minutes.
   *
   * @throws for a cluster of Aurora, which grows by itself and has no such metric
   */
  public metricFreeStorageSpace(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.knownMetric('storage', { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /** @internal */
  public _monitor(options: MonitorPostgresOptions): Monitoring {
    return { symptoms: serverSymptoms(this, options) };
  }

  /** @internal */
  public abstract _metrics(): ServerMetrics;

  /** @internal */
  public _limits(): ServerLimits {
    return {};
  }

  /**
   * Addresses of the nodes, where clients may choose one of several; none where the endpoint is the only way.
   *
   * @internal
   */
  public _hosts(): string[] {
    return [];
  }

  /** @internal */
  public _exportedLogs(_database: IConstruct): ExportedLogs {
    return {};
  }

  /**
   * Judges what a database wants to have created. Which extensions the servers of others offer is not known.
   *
   * @internal
   */
  public _judgeExtensions(_database: IConstruct, _extensions: string[], _databaseName: string): void {
    return;
  }

  private knownMetric(what: keyof ServerMetricNames, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    const name = this._metrics().names[what];
    if (name === undefined) {
      throw new InvalidBackendError(this, 'PrivatePostgres.missingMetric', `This server doesn't report a metric for its ${what}, so there would never be data. Use \`postgres.metric('…')\` with the name of a metric that the server reports.`);
    }
    return this.metric(name, options);
  }
}
