import { DescribeDBClustersCommand, DescribeDBInstancesCommand } from '@aws-sdk/client-rds';
import { errorName } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import { ConductorEnv, type SqlFailure } from '../../broker.contract';

/** What became of a server that does not answer. */
export interface ServerState {
  /** `gone`: it does not exist any more; `down`: waiting does not help; `waiting`: it may answer soon. */
  readonly verdict: 'gone' | 'down' | 'waiting';
  /** A sentence about the server, and what to do. */
  readonly description: string;
}

type Server = Pick<ConductorDependencies, 'rds' | 'env'>;

/** States that do not end by themselves, and what to do. */
const DOWN: { readonly [status: string]: string } = {
  'stopped': 'is stopped. Start the server, then deploy again.',
  'stopping': 'is stopping. Start the server, then deploy again.',
  'failed': 'has failed. Restore the server from a backup.',
  'restore-error': 'couldn\'t be restored. See the events of the server in RDS.',
  'storage-full': 'is out of storage. Add storage, then deploy again.',
  'inaccessible-encryption-credentials': 'has lost access to its KMS key. Make the key usable, then restore the server.',
  'inaccessible-encryption-credentials-recoverable': 'has lost access to its KMS key. Make the key usable, then start the server.',
  'incompatible-network': 'can\'t be placed in its network. See the events of the server in RDS.',
  'incompatible-parameters': 'can\'t start with its parameter group. Correct the parameters, then deploy again.',
  'incompatible-restore': 'can\'t be restored. See the events of the server in RDS.',
  'insufficient-capacity': 'can\'t get capacity in its availability zone. Choose another instance class.',
};

/** Finds out why the server was not reached. A server that was only slow is never reported as gone. */
export async function serverState(server: Server, failure: SqlFailure): Promise<ServerState> {
  const kind = server.env[ConductorEnv.SERVER_KIND];
  const identifier = server.env[ConductorEnv.SERVER_IDENTIFIER];
  if ((kind !== 'instance' && kind !== 'cluster') || identifier === undefined) {
    return importedState(server, failure);
  }
  try {
    return stateOf(`The ${kind} '${identifier}'`, await describe(server, kind, identifier));
  } catch (error) {
    if (/^DB(Instance|Cluster)NotFound(Fault)?$/.test(errorName(error))) {
      return { verdict: 'gone', description: `The ${kind} '${identifier}' does not exist any more.` };
    }
    return { verdict: 'waiting', description: `The state of the ${kind} '${identifier}' can't be read (${errorName(error)}).` };
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
    return { verdict: 'gone', description: `${server} is being deleted.` };
  }
  if (DOWN[status] !== undefined) {
    return { verdict: 'down', description: `${server} ${DOWN[status]}` };
  }
  return status === 'available'
    ? { verdict: 'waiting', description: `${server} is available. Check its security group, the network ACLs of its subnets, and its connection limit.` }
    : { verdict: 'waiting', description: `${server} is in state '${status}'. Deploy again when the server is available.` };
}

function importedState({ env }: Server, failure: SqlFailure): ServerState {
  const host = env[ConductorEnv.HOST];
  return failure.code === 'ENOTFOUND'
    ? { verdict: 'gone', description: `DNS doesn't know the name '${host}' of the server.` }
    : { verdict: 'waiting', description: `The imported server '${host}' does not answer. Check that the server runs, and that its security group allows this library's function.` };
}
