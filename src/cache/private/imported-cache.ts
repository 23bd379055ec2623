import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { CacheBase } from './cache-base';
import { InvalidBackendError } from '../../private/errors';
import type { RedisCacheAttributes } from '../redis-cache';

/** A cache that others made. */
export class ImportedCache extends CacheBase {
  public readonly endpoint: string;
  public readonly port: number;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, private readonly attributes: RedisCacheAttributes) {
    super(scope, id);
    this.endpoint = attributes.endpoint;
    this.port = attributes.port ?? 6379;
    this.validate();
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups, defaultPort: ec2.Port.tcp(this.port) });
  }

  public _metricDimensions(): { [name: string]: string } {
    const { cacheClusterId, serverlessCacheName } = this.attributes;
    if (cacheClusterId !== undefined) {
      return { CacheClusterId: cacheClusterId };
    }
    if (serverlessCacheName !== undefined) {
      return { clusterId: serverlessCacheName };
    }
    throw new InvalidBackendError(this, 'Metrics of an imported cache need its cacheClusterId or serverlessCacheName. Give one when importing it.');
  }

  private validate(): void {
    const { endpoint, securityGroups, cacheClusterId, serverlessCacheName } = this.attributes;
    if (!Token.isUnresolved(endpoint) && !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(endpoint)) {
      throw new InvalidBackendError(this, `endpoint must be a host name alone, without protocol, port or path, got '${endpoint}'.`);
    }
    if (!Token.isUnresolved(this.port) && (!Number.isInteger(this.port) || this.port < 1 || this.port > 65535)) {
      throw new InvalidBackendError(this, `port must be a whole number from 1 to 65535, got ${this.port}.`);
    }
    if (securityGroups.length === 0) {
      throw new InvalidBackendError(this, 'securityGroups must hold at least one security group of the cache, so that it can be reached.');
    }
    if (cacheClusterId !== undefined && serverlessCacheName !== undefined) {
      throw new InvalidBackendError(this, 'Give cacheClusterId for a node or serverlessCacheName for a serverless cache, not both.');
    }
  }
}
