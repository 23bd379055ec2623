import { DescribeDBClustersCommand, DescribeDBInstancesCommand } from '@aws-sdk/client-rds';
import { errorName } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import { ConductorEnv, type SqlFailure } from '../../broker.contract';

/** What became of a server that does not answer. */
export interface ServerState {
  /** `gone`: it does not exist any more; `down`: waiting does not help; `changing`: RDS is at work on it; `waiting`: it may answer soon, or never. */
  readonly verdict: 'gone' | 'down' | 'changing' | 'waiting';
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

/**
 * A name that RDS makes and removes with its server, in a zone that can be read from everywhere. That another name is unknown may be the fault of a
 * hosted zone, or of the resolver that was asked.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_CommonTasks.Connect.html
 */
const RDS_NAME = /\.rds\.(cn-[a-z]+-\d\.amazonaws\.com\.cn|amazonaws\.com)\.?$/i;

/** Finds out why the server was not reached. A server that was only slow is never reported as gone. */
export async function serverState(server: Server, failure: SqlFailure): Promise<ServerState> {
  const kind = server.env[ConductorEnv.SERVER_KIND];
  const identifier = server.env[ConductorEnv.SERVER_IDENTIFIER];
  if (kind === 'self-hosted') {
    return selfHostedState(server, failure);
  }
  if ((kind !== 'instance' && kind !== 'cluster') || identifier === undefined) {
    return importedState(server, failure);
  }
  try {
    return kind === 'instance' ? await instanceState(server, identifier) : await clusterState(server, identifier);
  } catch (error) {
    if (/^DB(Instance|Cluster)NotFound(Fault)?$/.test(errorName(error))) {
      return { verdict: 'gone', description: `The ${kind} '${identifier}' does not exist any more.` };
    }
    return { verdict: 'waiting', description: `The state of the ${kind} '${identifier}' can't be read (${errorName(error)}).` };
  }
}

async function instanceState({ rds }: Server, identifier: string): Promise<ServerState> {
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
  return stateOf(`The instance '${identifier}'`, DBInstances?.[0]?.DBInstanceStatus);
}

/** A cluster is available before its writer is, and only the writer answers. */
async function clusterState(server: Server, identifier: string): Promise<ServerState> {
  const { DBClusters } = await server.rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: identifier }));
  const { Status: status, DBClusterMembers: members = [] } = DBClusters?.[0] ?? {};
  if (status !== 'available') {
    return stateOf(`The cluster '${identifier}'`, status);
  }
  if (members.length === 0) {
    return { verdict: 'waiting', description: `The cluster '${identifier}' has no instances. Add an instance, then deploy again.` };
  }
  const writer = members.find(({ IsClusterWriter }) => IsClusterWriter)?.DBInstanceIdentifier;
  const state = writer === undefined ? undefined : await instanceState(server, writer);
  return state === undefined || state.verdict === 'gone' ? stateOf(`The cluster '${identifier}'`, status) : state;
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
    : { verdict: status === 'unknown' ? 'waiting' : 'changing', description: `${server} is in state '${status}'. Deploy again when the server is available.` };
}

/** A cluster of this library's own mends itself, so it is waited for, whatever it answers: a name that DNS does not know yet may belong to a balancer that was just made. */
function selfHostedState({ env }: Server, { code }: SqlFailure): ServerState {
  const cluster = env[ConductorEnv.SERVER_IDENTIFIER] ?? '';
  const found = code === 'ENOTFOUND' ? `DNS doesn't know the name '${env[ConductorEnv.HOST]}' of its load balancer`
    : code === '25006' ? 'only a standby answers'
      : 'none of its nodes takes writes, no standby confirms them, or its security group keeps this library\'s function away';
  return {
    verdict: 'waiting',
    description: `The self-hosted cluster '${cluster}' isn't ready: ${found}. Look at the instances of its Auto Scaling groups and their system log, and run \`patronictl -c /etc/patroni/config.yml list\` as root on one of them, in a session of Session Manager. Then deploy again.`,
  };
}

/** Of an imported server only its name is known. */
function importedState({ env }: Server, failure: SqlFailure): ServerState {
  const host = env[ConductorEnv.HOST] ?? '';
  if (failure.code !== 'ENOTFOUND') {
    return { verdict: 'waiting', description: `The imported server '${host}' does not answer. Check that the server runs, and that its security group allows this library's function.` };
  }
  return RDS_NAME.test(host)
    ? { verdict: 'gone', description: `DNS doesn't know the name '${host}' of the server, which RDS removes with the server.` }
    : { verdict: 'down', description: `DNS doesn't know the name '${host}' of the imported server, which may be gone or only out of reach. Correct the DNS of the VPC, then try again.` };
}
