import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { CacheBase } from './cache-base';
import { SERVERLESS_PORT, SERVERLESS_READ_PORTS } from './serverless-ports';
import { portsOf } from '../../network/shared/endpoint-ports';
import { InvalidBackendError } from '../../private/errors';
import { integer } from '../../private/ranges';
import type { RedisCacheAttributes } from '../redis-cache';

/** A cache that others made. */
export class ImportedCache extends CacheBase {
  public readonly endpoint: string;
  public readonly port: number;
  public readonly additionalPorts?: number[];
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, private readonly attributes: RedisCacheAttributes) {
    super(scope, id);
    this.endpoint = attributes.endpoint;
    this.port = attributes.port ?? 6379;
    this.validate();
    this.additionalPorts = isServerless(attributes) && this.port === SERVERLESS_PORT ? SERVERLESS_READ_PORTS : undefined;
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups, defaultPort: portsOf(this)[0] });
  }

  public _metricDimensions(): { [name: string]: string } {
    const { cacheClusterId, serverlessCacheName } = this.attributes;
    if (cacheClusterId !== undefined) {
      return { CacheClusterId: cacheClusterId };
    }
    if (serverlessCacheName !== undefined) {
      return { clusterId: serverlessCacheName };
    }
    throw new InvalidBackendError(this, 'RedisCache.importedMetrics', 'The metrics of an imported cache need its name. Set `cacheClusterId` or `serverlessCacheName` when you import the cache.');
  }

  private validate(): void {
    const { endpoint, securityGroups, cacheClusterId, serverlessCacheName } = this.attributes;
    if (!Token.isUnresolved(endpoint) && !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(endpoint)) {
      throw new InvalidBackendError(this, 'RedisCache.endpoint', `\`endpoint\` must be a host name without protocol, port and path, got '${endpoint}'.`);
    }
    integer(this, 'port', this.port, 1, 65535);
    if (securityGroups.length === 0) {
      throw new InvalidBackendError(this, 'RedisCache.importedSecurityGroups', '`securityGroups` must not be empty. This library opens the cache\'s port there for services. Pass at least one security group of the cache.');
    }
    if (cacheClusterId !== undefined && serverlessCacheName !== undefined) {
      throw new InvalidBackendError(this, 'RedisCache.twoNames', '`cacheClusterId` and `serverlessCacheName` are both set. Set `cacheClusterId` for a node, or `serverlessCacheName` for a serverless cache.');
    }
  }
}

/** Its name says so, or its endpoint: `name-abc123.serverless.euc1.cache.amazonaws.com`. */
function isServerless({ endpoint, serverlessCacheName }: RedisCacheAttributes): boolean {
  return serverlessCacheName !== undefined || (!Token.isUnresolved(endpoint) && endpoint.toLowerCase().split('.').includes('serverless'));
}
