import 'reflect-metadata';
import { webcrypto } from 'crypto';
import * as x509 from '@peculiar/x509';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 60 * 60 * 1000;

/** A private certificate authority, and a server certificate that it issued; all PEM. */
export interface ServerCertificates {
  readonly ca: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** Issues a certificate for `hostNames` and 127.0.0.1 from an authority that nobody else knows. */
export async function issueCertificates(hostNames: string[]): Promise<ServerCertificates> {
  x509.cryptoProvider.set(webcrypto);
  const authorityKeys = await generateKeys();
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + 30 * 24 * HOUR_MS) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Private test authority',
    serialNumber: '01',
    keys: authorityKeys,
    signingAlgorithm: KEY_ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const serverKeys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${hostNames[0]}`,
    issuer: authority.subject,
    serialNumber: '02',
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: KEY_ALGORITHM,
    ...validity,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        ...hostNames.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip' as const, value: '127.0.0.1' },
      ]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  return {
    ca: `${authority.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: await exportKey(serverKeys.privateKey),
  };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']) as webcrypto.CryptoKeyPair;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}
