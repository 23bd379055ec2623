import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { ThroughputMode } from 'aws-cdk-lib/aws-efs';
import { Construct } from 'constructs';
import { EfsDirectory } from './efs-directory';
import { fileSystemSymptoms } from './file-system-symptoms';
import type { IVolumeSource } from '../../binding';
import { metricOf } from '../../private/metric-of';
import type { Monitored, Monitoring } from '../../symptoms/shared/monitored';
import type { MonitorFileSystemOptions } from '../monitor-file-system-options';
import type { IPrivateFileSystem } from '../private-file-system';

const EVERY_15_MINUTES = Duration.minutes(15);

/** Port of NFS, the only one that EFS has. */
export const NFS_PORT = 2049;

/**
 * What file systems have in common, whoever made them.
 *
 * @internal
 */
export abstract class FileSystemBase extends Construct implements IPrivateFileSystem, Monitored {
  /** TCP port of NFS, 2049. */
  public readonly port: number = NFS_PORT;

  /** Identifier of the file system. */
  public abstract readonly fileSystemId: string;

  /** Security groups of the mount targets, with the port as default. */
  public abstract readonly connections: ec2.Connections;

  /**
   * How fast files are read and written; nothing where others decided that.
   *
   * @internal
   */
  public readonly _throughputMode?: ThroughputMode;

  /**
   * The network of the mount targets; nothing where others made them.
   *
   * @internal
   */
  public readonly _vpc?: ec2.IVpc;

  /**
   * Subnets with a mount target; nothing where others made them.
   *
   * @internal
   */
  public readonly _subnets?: ec2.ISubnet[];

  private readonly directories = new Map<string, IVolumeSource>();

  /** Host name of the mount target in the zone of whoever asks. */
  public get endpoint(): string {
    const { region, urlSuffix } = Stack.of(this);
    return `${this.fileSystemId}.efs.${region}.${urlSuffix}`;
  }

  /** ARN of the file system. */
  public get fileSystemArn(): string {
    return Stack.of(this).formatArn({ service: 'elasticfilesystem', resource: 'file-system', resourceName: this.fileSystemId });
  }

  /** A directory, as `ServiceVolume` mounts it. The same path is the same source. */
  public directory(path: string): IVolumeSource {
    const directory = this.directories.get(path) ?? new EfsDirectory(this, path);
    this.directories.set(path, directory);
    return directory;
  }

  /**
   * A metric of the file system in namespace `AWS/EFS`; average over 5 minutes unless told otherwise.
   *
   * @see https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricOf(this, { namespace: 'AWS/EFS', metricName, dimensionsMap: { FileSystemId: this.fileSystemId } }, options);
  }

  /** Connections of clients; sum over 5 minutes, in which each reports every minute. */
  public metricClientConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ClientConnections', { statistic: cloudwatch.Stats.SUM, ...options });
  }

  /** Operations in percent of those that the file system can do. Default: average over 5 minutes. */
  public metricPercentIoLimit(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('PercentIOLimit', options);
  }

  /** Burst credits in bytes, which count with bursting throughput only. Default: minimum over 5 minutes. */
  public metricBurstCreditBalance(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('BurstCreditBalance', { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /** What is stored, in bytes; EFS reports it every 15 minutes, so this is the average over 15. */
  public metricStorageBytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('StorageBytes', { dimensionsMap: { FileSystemId: this.fileSystemId, StorageClass: 'Total' }, period: EVERY_15_MINUTES, ...options });
  }

  /** @internal */
  public _monitor(options: MonitorFileSystemOptions): Monitoring {
    return { symptoms: fileSystemSymptoms(this, this._throughputMode, options) };
  }
}
