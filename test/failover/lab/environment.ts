import { ADMIN_SECRET, CLUSTER_SECRET, ELSEWHERE_SECRET, volumeOf } from './aws/actions';
import { ADDRESSES, BUCKET, CLUSTER, ELSEWHERE, ENDPOINT, numberOf, REGION, signerOf } from './constants';

/** Lines of `/etc/first-boot.env` of a node, as the construct writes them. */
export function environmentOf(node: number, parameters: Readonly<Record<string, string>> = {}): string[] {
  return lines(variables(node, parameters));
}

/** Lines of a node of a cluster in another region, of so many, that recovers what the nodes of the lab left. */
export function environmentElsewhere(node: number, nodes: number): string[] {
  return lines({
    ...variables(node, {}),
    CLUSTER: ELSEWHERE.cluster,
    NODE: String(numberOf(node)),
    NODES: ELSEWHERE.addresses.slice(0, nodes).join(','),
    CLUSTER_SECRET: ELSEWHERE_SECRET,
    BUCKET: ELSEWHERE.bucket,
    STRICT: nodes > 1 ? 'on' : 'off',
    RESTORE_BUCKET: ELSEWHERE.replica,
    RESTORE_CLUSTER: CLUSTER,
    RESTORE_SECRET: CLUSTER_SECRET,
    FENCED_REGION: REGION,
  });
}

/** Lines of an instance that restores the backups of the nodes and is none. */
export function environmentOfDrill(): string[] {
  const { REGION: region, CLUSTER_SECRET: secret, BUCKET: bucket, BACKUP_RETENTION_DAYS: days, NAMESPACE: namespace } = variables(ADDRESSES.length + 1, {});
  return lines({ CLUSTER, REGION: region, CLUSTER_SECRET: secret, BUCKET: bucket, BACKUP_RETENTION_DAYS: days, NAMESPACE: namespace, NODE: '1', NODES: ELSEWHERE.addresses[0] });
}

/** Lines that a cluster has which another region may take over from. */
export const FENCE_ENVIRONMENT = [`FENCE_BUCKET=${ELSEWHERE.replica}`, `FENCE_REGION=${REGION}`];

function lines(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

function variables(node: number, parameters: Readonly<Record<string, string>>): Record<string, string> {
  return {
    CLUSTER,
    NODE: String(node),
    NODES: ADDRESSES.join(','),
    ENDPOINT,
    REGION,
    VOLUME: volumeOf(node),
    ADMIN_SECRET,
    CLUSTER_SECRET,
    SIGNER: signerOf(node),
    BUCKET,
    STRICT: 'on',
    PARAMETERS: JSON.stringify(parameters),
    EXTENSIONS: '',
    TTL: '20',
    LOOP_WAIT: '5',
    RETRY_TIMEOUT: '5',
    BACKUP_RETENTION_DAYS: '7',
    FULL_BACKUP: 'Sun 02:00',
    DIFF_BACKUP: 'Mon..Sat 02:00',
    NAMESPACE: 'CdkPrivateBackend/SelfHostedPostgres',
  };
}
