import { DescribeDBClustersCommand, DescribeDBInstancesCommand } from '@aws-sdk/client-rds';
import { errorName } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import { ConductorEnv, type SqlFailure } from '../../broker.contract';

/** What became of a server that does not answer. */
export interface ServerState {
  /** `gone`: it does not exist any more; `down`: waiting does not help; `waiting`: it may answer soon. */
  readonly verdict: 'gone' | 'down' | 'waiting';
  /** Half a sentence about the server, and what to do. */
  readonly description: string;
}

type Server = Pick<ConductorDependencies, 'rds' | 'env'>;

/** States that do not end by themselves, and what to do. */
const DOWN: { readonly [status: string]: string } = {
  'stopped': 'is stopped; start it and deploy again',
  'stopping': 'is stopping; start it and deploy again',
  'failed': 'has failed; restore it from a backup',
  'restore-error': 'could not be restored; see its events in RDS',
  'storage-full': 'has no storage left; give it more',
  'inaccessible-encryption-credentials': 'has lost access to its KMS key; make the key usable and restore it',
  'inaccessible-encryption-credentials-recoverable': 'has lost access to its KMS key; make the key usable and start it',
  'incompatible-network': 'cannot be placed in its network; see its events in RDS',
  'incompatible-parameters': 'cannot start with its parameter group; correct the parameters',
  'incompatible-restore': 'cannot be restored; see its events in RDS',
  'insufficient-capacity': 'gets no capacity in its zone; choose another class',
};

/** Finds out why the server was not reached. A server that was only slow is never reported as gone. */
export async function serverState(server: Server, failure: SqlFailure): Promise<ServerState> {
  const kind = server.env[ConductorEnv.SERVER_KIND];
  const identifier = server.env[ConductorEnv.SERVER_IDENTIFIER];
  if ((kind !== 'instance' && kind !== 'cluster') || identifier === undefined) {
    return importedState(server, failure);
  }
  try {
    return stateOf(`${kind} '${identifier}'`, await describe(server, kind, identifier));
  } catch (error) {
    if (/^DB(Instance|Cluster)NotFound(Fault)?$/.test(errorName(error))) {
      return { verdict: 'gone', description: `the ${kind} '${identifier}' does not exist any more` };
    }
    return { verdict: 'waiting', description: `the state of the ${kind} '${identifier}' cannot be read (${errorName(error)})` };
  }
}

async function describe({ rds }: Server, kind: 'instance' | 'cluster', identifier: string): Promise<string | undefined> {
  if (kind === 'instance') {
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
    return DBInstances?.[0]?.DBInstanceStatus;
  }
  const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: identifier }));
  const cluster = DBClusters?.[0];
  const empty = cluster?.Status === 'available' && cluster.DBClusterMembers?.length === 0;
  return empty ? 'without instances' : cluster?.Status;
}

function stateOf(server: string, status = 'unknown'): ServerState {
  if (status === 'deleting') {
    return { verdict: 'gone', description: `the ${server} is being deleted` };
  }
  if (DOWN[status] !== undefined) {
    return { verdict: 'down', description: `the ${server} ${DOWN[status]}` };
  }
  return status === 'available'
    ? { verdict: 'waiting', description: `the ${server} is available, so look at its security group, its subnets' network ACLs and its connection limit` }
    : { verdict: 'waiting', description: `the ${server} is in state '${status}'; deploy again when it is available` };
}

function importedState({ env }: Server, failure: SqlFailure): ServerState {
  const host = env[ConductorEnv.HOST];
  return failure.code === 'ENOTFOUND'
    ? { verdict: 'gone', description: `no server has the name '${host}' (DNS)` }
    : { verdict: 'waiting', description: `the imported server '${host}' does not answer; see that it runs and lets the SQL function's security group in` };
}
