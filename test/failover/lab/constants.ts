/** Region in which the lab pretends to be. */
export const REGION = 'eu-central-1';

export const BUCKET = 'failover-backups';

export const CLUSTER = 'failover';

/** Name of the balancer, which is in the certificate of every node. */
export const ENDPOINT = 'failover.lab.internal';

export const METADATA_ADDRESS = '169.254.169.254';

/** Address of the bridge, on which the balancer and AWS listen. */
export const GATEWAY = '10.99.0.1';

/** Address of S3, which can be cut off alone. */
export const S3_ADDRESS = '10.99.0.2';

/** Addresses of the nodes, in their order. */
export const ADDRESSES = ['10.99.0.11', '10.99.0.12', '10.99.0.13'];

/** A cluster in another region. The lab numbers its nodes after those of the cluster. */
export const ELSEWHERE = { addresses: ['10.99.0.14', '10.99.0.15', '10.99.0.16'], cluster: 'recovered', bucket: 'recovered-backups', replica: 'failover-replica' };

/** Addresses by the lab's number of a node. */
const ALL_ADDRESSES = [...ADDRESSES, ...ELSEWHERE.addresses];

/** Where the AWS CLI of the hosts finds AWS. */
export const AWS_ENDPOINT_URL = `http://${GATEWAY}:4566`;

export const ADMIN = { username: 'broker', password: 'lab-admin-password' };

export const S3_HOST = `s3.${REGION}.amazonaws.com`;

/** What the AWS CLI of the hosts is told: S3 is another server than the rest. */
export const AWS_ENVIRONMENT = {
  AWS_ENDPOINT_URL,
  AWS_ENDPOINT_URL_S3: `https://${S3_HOST}`,
  AWS_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt',
  // The stand-in for S3 does not know checksums behind the data.
  AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
};

/** Address of a node. */
export function addressOf(node: number): string {
  return ALL_ADDRESSES[node - 1];
}

/** The node that has an address; undefined where none has. */
export function nodeAt(address: string | undefined): number | undefined {
  const index = ALL_ADDRESSES.findIndex((one) => one === address);
  return index < 0 ? undefined : index + 1;
}

/** Whether a node is one of the cluster in another region. */
export function isElsewhere(node: number): boolean {
  return node > ADDRESSES.length;
}

/** Number that a node has in its own cluster. */
export function numberOf(node: number): number {
  return isElsewhere(node) ? node - ADDRESSES.length : node;
}

/** ARN of the alias of the signer for a node. */
export function signerOf(node: number): string {
  return `arn:aws:lambda:${REGION}:111122223333:function:failover-signer:Node${node}`;
}
