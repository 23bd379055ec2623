import { RemovalPolicy, SizeRoundingBehavior, Token, type Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { validateSuperuserExtensions } from './cluster-extensions';
import { lowerCase, validateParameters } from './cluster-parameters';
import type { ClusterSettings } from './cluster-settings';
import { isNitro, nodeGib } from './node-types';
import { InvalidBackendError } from '../../../private/errors';
import { refuseMisnomers } from '../../../private/misnomers';
import { integer, seconds } from '../../../private/ranges';
import type { SelfHostedPostgresProps } from '../self-hosted-postgres-props';

/** @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type */
const STORAGE = { leastGib: 20, mostGib: 16_384, leastIops: 3000, mostIops: 80_000, iopsPerGib: 500, leastThroughput: 125, mostThroughput: 2000, iopsPerMebibyte: 4 };

/** @see https://patroni.readthedocs.io/en/latest/dynamic_configuration.html */
const TIMING = { leastTtl: 20, leastLoopWait: 1, leastRetryTimeout: 3, most: 3600 };

const LEAST_GIB = 2;

const RESERVED_ADMINS = ['postgres', 'replicator', 'public', 'none'];

/** Props of `PrivatePostgres` that a cluster does not have, with what to do instead. */
const MISNOMERS: Readonly<Record<string, string>> = {
  adminSecret: 'The cluster makes its own secret. Remove the prop.',
  allowMajorVersionUpgrade: 'The cluster runs PostgreSQL 17. Remove the prop.',
  autoMinorVersionUpgrade: 'Each new instance installs the newest packages. Remove the prop.',
  caCertificates: 'The cluster has a certificate authority of its own. Remove the prop.',
  capacity: 'Set `instanceType: new ec2.InstanceType(\'r7g.large\')`.',
  cloudwatchLogsExport: 'The log stays on the nodes. Remove the prop.',
  cloudwatchLogsRetention: 'The log stays on the nodes. Remove the prop.',
  databaseInsights: 'Only RDS has Database Insights. Remove the prop.',
  deletionProtection: 'The posture decides it for the load balancer, and `removalPolicy` keeps the data. Remove the prop.',
  engineVersion: 'The cluster runs PostgreSQL 17. Remove the prop.',
  forceSsl: 'The cluster refuses connections without TLS always. Remove the prop.',
  maxAllocatedStorage: 'Volumes grow when you deploy a larger `allocatedStorage`. Remove the prop.',
  multiAz: 'Set `nodes: 3`.',
  port: 'The cluster listens on 5432. Remove the prop.',
  preferredBackupWindow: 'Set `backupTime: \'02:00\'`.',
  preferredMaintenanceWindow: 'Nodes change when you deploy. Remove the prop.',
  snapshotIdentifier: 'The cluster has no snapshots of RDS. Restore a backup on a node.',
};

/** Refuses what EC2 or the nodes would refuse in the middle of a deployment, or what would silently do nothing. */
export function validateCluster(scope: Construct, props: SelfHostedPostgresProps, settings: ClusterSettings): void {
  refuseMisnomers(scope, props, MISNOMERS);
  validateNodes(scope, props, settings);
  validateInstances(scope, props, settings);
  validateStorage(scope, settings);
  validateTiming(scope, settings);
  validateBackups(scope, settings);
  validateAdmin(scope, settings.adminUsername);
  validateConnections(scope, props);
  validateParameters(scope, props.parameters);
  validateSuperuserExtensions(scope, settings);
  validateActive(scope, props);
  validateDrills(scope, props, settings);
}

function validateDrills(scope: Construct, { restoreDrillWindow }: SelfHostedPostgresProps, { restoreDrills }: ClusterSettings): void {
  if (restoreDrillWindow !== undefined && !restoreDrills) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.unusedDrillWindow', '`restoreDrillWindow` does nothing, because this cluster doesn\'t have restore drills. Set `restoreDrills: true`, or remove it.');
  }
}

function validateActive(scope: Construct, { active, recoverFrom }: SelfHostedPostgresProps): void {
  if (active === false && recoverFrom === undefined) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.active', '`active` must not be false without `recoverFrom`: a cluster that recovers from no other region would only be switched off, with its data. '
      + 'Set `recoverFrom` to the copy of the backups, or remove `active`.');
  }
}

function validateNodes(scope: Construct, props: SelfHostedPostgresProps, { nodes, stoppedNodes, synchronousModeStrict }: ClusterSettings): void {
  if (nodes !== 1 && nodes !== 3) {
    const value = Token.isUnresolved(nodes) ? 'a token' : String(nodes);
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.nodes', `\`nodes\` must be 1 or 3, got ${value}. With two nodes, the loss of either leaves no majority, and nobody could write.`);
  }
  const wrong = stoppedNodes.find((node, index) => !Number.isInteger(node) || node < 1 || node > nodes || stoppedNodes.indexOf(node) !== index);
  if (wrong !== undefined) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.stoppedNodes', `\`stoppedNodes\` must contain numbers of nodes from 1 to ${nodes}, each once, got ${stoppedNodes.map((node) => (Token.isUnresolved(node) ? 'a token' : node)).join(', ')}.`);
  }
  if (2 * (nodes - stoppedNodes.length) <= nodes) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.quorum', `\`stoppedNodes\` stops ${stoppedNodes.length} of ${nodes} nodes, and without a majority nobody can write. Stop at most ${nodes === 3 ? 'one node' : 'none'}.`);
  }
  if (synchronousModeStrict && nodes === 1) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.strict', '`synchronousModeStrict` needs a second node: with one, nobody could ever write. Set `nodes: 3`, or remove it.');
  }
  if (props.securityGroups !== undefined && props.securityGroups.length === 0) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.securityGroups', '`securityGroups` must not be empty. Remove it to get a new security group without rules.');
  }
}

function validateInstances(scope: Construct, { imageId }: SelfHostedPostgresProps, settings: ClusterSettings): void {
  const instanceType = settings.instanceType.toString();
  if (Token.isUnresolved(instanceType)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.tokenInstanceType', '`instanceType` isn\'t known until deployment (it\'s a token), and the image depends on its processor. Set a literal type.');
  }
  if (!isNitro(instanceType)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.instanceType', `\`instanceType\` must be of the Nitro system, on which the nodes find their volumes, got '${instanceType}'. Use for example \`new ec2.InstanceType('r7g.large')\`.`);
  }
  const gib = nodeGib(instanceType);
  if (gib !== undefined && gib < LEAST_GIB) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.instanceMemory', `\`instanceType\` '${instanceType}' has ${gib} GiB of memory, and a node needs ${LEAST_GIB} GiB. Use for example \`new ec2.InstanceType('t4g.small')\`.`);
  }
  if (imageId !== undefined && !Token.isUnresolved(imageId) && !/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(imageId)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.imageId', `\`imageId\` must be the id of an image, such as 'ami-0123456789abcdef0', got '${imageId}'.`);
  }
}

function validateStorage(scope: Construct, { allocatedStorage, iops = STORAGE.leastIops, storageThroughput }: ClusterSettings): void {
  if (allocatedStorage.isUnresolved() || storageThroughput?.isUnresolved() === true) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.tokenStorage', '`allocatedStorage` or `storageThroughput` isn\'t known until deployment (it\'s a token), and CDK compares them with the limits of EBS. Set a literal size.');
  }
  const gib = allocatedStorage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(gib) || gib < STORAGE.leastGib || gib > STORAGE.mostGib) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.allocatedStorage', `\`allocatedStorage\` must be a whole number of GiB from ${STORAGE.leastGib} to ${STORAGE.mostGib}, got ${gib} GiB.`);
  }
  const mostIops = Math.min(STORAGE.mostIops, Math.max(STORAGE.leastIops, gib * STORAGE.iopsPerGib));
  integer(scope, 'iops', iops, STORAGE.leastIops, mostIops);
  const known = Token.isUnresolved(iops) ? STORAGE.mostIops : iops;
  const most = Math.min(STORAGE.mostThroughput, Math.floor(known / STORAGE.iopsPerMebibyte));
  const throughput = storageThroughput?.toMebibytes({ rounding: SizeRoundingBehavior.NONE }) ?? STORAGE.leastThroughput;
  if (!Number.isInteger(throughput) || throughput < STORAGE.leastThroughput || throughput > most) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.storageThroughput', `\`storageThroughput\` must be a whole number of MiB from ${STORAGE.leastThroughput} to ${most} with these \`iops\`, got ${throughput} MiB.`);
  }
}

function validateTiming(scope: Construct, { ttl, loopWait, retryTimeout }: ClusterSettings): void {
  seconds(scope, 'ttl', ttl, TIMING.leastTtl, TIMING.most);
  seconds(scope, 'loopWait', loopWait, TIMING.leastLoopWait, TIMING.most);
  seconds(scope, 'retryTimeout', retryTimeout, TIMING.leastRetryTimeout, TIMING.most);
  if ([ttl, loopWait, retryTimeout].some((each: Duration) => each.isUnresolved())) {
    return;
  }
  const needed = loopWait.toSeconds() + 2 * retryTimeout.toSeconds();
  if (needed > ttl.toSeconds()) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.timing', `\`loopWait\` and twice \`retryTimeout\` are ${needed} seconds, and \`ttl\` is ${ttl.toSeconds()} seconds, so a primary would lose its lease while it still waits. `
      + `Set \`ttl\` to at least ${needed} seconds, or shorten \`loopWait\` and \`retryTimeout\`.`);
  }
}

function validateBackups(scope: Construct, { backupRetention, backupTime, removalPolicy }: ClusterSettings): void {
  if (!backupRetention.isUnresolved()) {
    const days = backupRetention.toDays({ integral: false });
    if (!Number.isInteger(days) || days < 1 || days > 365) {
      throw new InvalidBackendError(scope, 'SelfHostedPostgres.backupRetention', `\`backupRetention\` must be a whole number of days from 1 to 365, got ${days} days.`);
    }
  }
  if (!Token.isUnresolved(backupTime) && !/^([01]\d|2[0-3]):[0-5]\d$/.test(backupTime)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.backupTime', `\`backupTime\` must be a time of the day in UTC, such as '02:00', got '${backupTime}'.`);
  }
  if (removalPolicy === RemovalPolicy.SNAPSHOT) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.removalPolicy', '`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT, because buckets have no snapshots. Use `removalPolicy: RemovalPolicy.RETAIN`.');
  }
}

function validateAdmin(scope: Construct, adminUsername: string): void {
  if (Token.isUnresolved(adminUsername)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.tokenAdmin', '`adminUsername` isn\'t known until deployment (it\'s a token), and it is part of what Secrets Manager generates once. Set a literal name.');
  }
  const reserved = RESERVED_ADMINS.includes(adminUsername) || adminUsername.startsWith('pg_');
  if (reserved || !/^[a-z_][a-z0-9_]{0,62}$/.test(adminUsername)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.adminUsername', `\`adminUsername\` must be 1 to 63 lower-case letters, digits and '_', without a digit at the start, got '${adminUsername}'. `
      + `The cluster keeps names that start with 'pg_', and ${RESERVED_ADMINS.map((name) => `'${name}'`).join(', ')}. Set another \`adminUsername\`.`);
  }
}

function validateConnections(scope: Construct, { parameters = {}, maxConnections }: SelfHostedPostgresProps): void {
  if (lowerCase(parameters).max_connections !== undefined && maxConnections !== undefined) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.maxConnectionsParameter', '`maxConnections` and the parameter `max_connections` are both set, and mean the same. Remove one of them.');
  }
  if (maxConnections !== undefined && !Token.isUnresolved(maxConnections) && (!Number.isInteger(maxConnections) || maxConnections < 20)) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.maxConnections', `\`maxConnections\` must be a whole number of at least 20, got ${maxConnections}.`);
  }
}
