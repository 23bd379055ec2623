import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BackendNetwork, BackupReplica, DisasterRecovery, SelfHostedPostgres, type SelfHostedPostgresProps } from '../../src';

const ACCOUNT = '111122223333';

/** A cluster in one region, and one in another region that recovers from it: what a whole backend in one stack can't have. */
export function buildTwoRegions(scope: Construct, recovered: Partial<SelfHostedPostgresProps> = {}) {
  const here = new Stack(scope, 'Here', { env: { account: ACCOUNT, region: 'eu-west-1' } });
  const there = new Stack(scope, 'There', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  const replica = new BackupReplica(there, 'Replica');
  // The cluster of the other region may be declared first.
  const elsewhere = new SelfHostedPostgres(there, 'Server', { vpc: new BackendNetwork(there, 'Network').vpc, recoverFrom: replica, ...recovered });
  const server = new SelfHostedPostgres(here, 'Server', { vpc: new BackendNetwork(here, 'Network').vpc, disasterRecovery: DisasterRecovery.pilotLight({ replica }) });
  return { here, there, replica, elsewhere, server };
}
