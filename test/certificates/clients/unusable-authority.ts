import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Presented } from './clients';
import { ADDRESSES, ENDPOINT, type NodeKey } from '../world';

const IDENTIFIERS = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';

/** What guides make with two commands of OpenSSL: an authority without key usage, and a certificate that it signed for a node. */
export function unusableAuthority({ keyFile, request }: NodeKey): Presented {
  const folder = mkdtempSync(join(tmpdir(), 'unusable-'));
  const file = (name: string, content?: string) => {
    if (content !== undefined) writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', file('ca.key'));
  openssl('req', '-x509', '-new', '-key', file('ca.key'), '-days', '30', '-out', file('ca.crt'),
    '-config', file('ca.cnf', `[req]\ndistinguished_name=name\nx509_extensions=ca\nprompt=no\n[name]\nCN=By hand\n[ca]\nbasicConstraints=critical,CA:TRUE\n${IDENTIFIERS}`));
  openssl('x509', '-req', '-in', file('node.csr', request), '-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-days', '30', '-out', file('node.crt'),
    '-extfile', file('node.cnf', `${IDENTIFIERS}keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:${ENDPOINT},IP:${ADDRESSES[0]}\n`));
  return { authorities: file('ca.crt'), certificate: file('node.crt'), key: keyFile };
}
