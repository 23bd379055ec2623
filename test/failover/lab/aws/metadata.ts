import { randomUUID } from 'crypto';
import { createServer, type IncomingMessage, type Server } from 'http';
import { zoneOf, type Instance } from './instances';
import { REGION } from '../constants';

const ROLE = 'node';

/** Credentials that the stand-in for S3 knows. */
const credentials = () => ({
  Code: 'Success',
  Type: 'AWS-HMAC',
  AccessKeyId: 'S3RVER',
  SecretAccessKey: 'S3RVER',
  Token: 'lab-token',
  LastUpdated: new Date().toISOString().replace(/\.\d+/, ''),
  Expiration: new Date(Date.now() + 6 * 3600_000).toISOString().replace(/\.\d+/, ''),
});

function answer(path: string, { instanceId, node, targetState }: Instance): string | undefined {
  const zone = zoneOf(REGION, node);
  const paths: Record<string, string> = {
    '/latest/meta-data/instance-id': instanceId,
    '/latest/meta-data/instance-type': 't4g.medium',
    '/latest/meta-data/placement/region': REGION,
    '/latest/meta-data/placement/availability-zone': zone,
    '/latest/meta-data/autoscaling/target-lifecycle-state': targetState,
    '/latest/meta-data/iam/security-credentials': ROLE,
    [`/latest/meta-data/iam/security-credentials/${ROLE}`]: JSON.stringify(credentials()),
    '/latest/dynamic/instance-identity/document': JSON.stringify({ region: REGION, instanceId, availabilityZone: zone }),
  };
  return paths[path.replace(/\/$/, '')];
}

/** Instance metadata service, version 2 only. */
export function metadataServer(instanceAt: (address: string) => Instance | undefined): Server {
  const tokens = new Set<string>();
  const reply = (request: IncomingMessage): [number, string] => {
    const instance = instanceAt(request.socket.remoteAddress ?? '');
    if (instance === undefined) return [404, 'No instance has this address.'];
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      const token = randomUUID();
      tokens.add(token);
      return request.headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined ? [400, 'The token has no time to live.'] : [200, token];
    }
    if (!tokens.has(String(request.headers['x-aws-ec2-metadata-token']))) return [401, 'Unauthorized'];
    const found = answer(request.url ?? '', instance);
    return found === undefined ? [404, 'Not found'] : [200, found];
  };
  return createServer((request, response) => {
    const [status, body] = reply(request);
    response.writeHead(status, { 'content-type': 'text/plain', 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }).end(body);
  });
}
