import type { Construct } from 'constructs';
import type { MonitorPostgresOptions, PrivatePostgres } from '../../../src';
import { clusterSymptoms, type ClusterNodes } from '../../../src/postgres/self-hosted/private/cluster-symptoms';
import type { Monitoring } from '../../../src/symptoms/shared/monitored';
import { ForeignPostgres } from '../postgres-fixtures';

/** A server with the symptoms of a cluster and nothing else, in the network of another server. */
export class MonitoredCluster extends ForeignPostgres {
  constructor(scope: Construct, id: string, network: PrivatePostgres, private readonly nodes: ClusterNodes = { nodes: 3, restoreDrills: true }) {
    super(scope, id, network, { namespace: 'CdkPrivateBackend/SelfHostedPostgres', dimensions: { Cluster: 'orders' }, names: {} });
  }

  public _monitor(options: MonitorPostgresOptions): Monitoring {
    return { symptoms: clusterSymptoms(this, this.nodes, options) };
  }
}
