import { X509Certificate } from 'node:crypto';
import { AuthorityWorld, ADDRESSES, DAY_MILLIS, ENDPOINT, event, nodeKey, nodes, properties } from './world';
import { x509 } from '../../src/certificates/handler/x509';

const world = new AuthorityWorld();
const key = nodeKey();
let authority = '';

beforeAll(async () => {
  authority = await world.certificates();
});
afterAll(() => world.kms.restore());

describe('a certificate of a node', () => {
  test('has the names of the alias, and nothing that the request says but its key', async () => {
    const answer = await world.sign(authority, { request: key.request, names: ['evil.example.com'], validityDays: 9000 }, 'Node2');
    const certificate = new X509Certificate(answer.certificate);

    expect(answer.authorities).toBe(authority);
    expect(certificate.subject).toBe('CN=node-2');
    expect(certificate.subjectAltName).toBe(`DNS:${ENDPOINT}, IP Address:${ADDRESSES[1]}`);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(Buffer.from(new x509.X509Certificate(answer.certificate).publicKey.rawData)).toEqual(Buffer.from(new x509.Pkcs10CertificateRequest(key.request).publicKey.rawData));
    expect(JSON.stringify(answer)).not.toContain('evil');
  });

  test('is for servers and clients, and names its authority by key identifier alone', async () => {
    const certificate = new x509.X509Certificate((await world.sign(authority, { request: key.request })).certificate);
    const found = <T extends x509.Extension>(type: new (raw: ArrayBuffer) => T) => certificate.getExtension(type);

    expect([found(x509.KeyUsagesExtension)!.usages, found(x509.KeyUsagesExtension)!.critical]).toEqual([x509.KeyUsageFlags.digitalSignature, true]);
    expect(found(x509.ExtendedKeyUsageExtension)!.usages).toEqual([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]);
    expect(found(x509.SubjectKeyIdentifierExtension)!.keyId).toMatch(/^[0-9a-f]{40}$/);
    // The serial number of the authority's certificate would tie it to one of several.
    expect(found(x509.AuthorityKeyIdentifierExtension)).toMatchObject({ keyId: new x509.X509Certificate(authority).getExtension(x509.SubjectKeyIdentifierExtension)!.keyId });
    expect(found(x509.AuthorityKeyIdentifierExtension)!.certId).toBeUndefined();
  });

  test('is valid for 30 days, from an hour ago', async () => {
    const { notBefore, notAfter } = new x509.X509Certificate((await world.sign(authority, { request: key.request })).certificate);
    expect(notAfter.getTime() - world.now).toBe(30 * DAY_MILLIS);
    expect(world.now - notBefore.getTime()).toBe(3_600_000);
  });

  test('can be valid for hours, and never longer than its authority', async () => {
    const hour = new x509.X509Certificate((await world.sign(authority, { request: key.request }, 'Node1', nodes(), String(1 / 24))).certificate);
    expect(hour.notAfter.getTime() - world.now).toBe(3600_000);

    const brief = await world.certificates(event({}, properties({ ValidityDays: '3' })));
    const { notAfter } = new x509.X509Certificate((await world.sign(brief, { request: key.request })).certificate);
    expect(notAfter).toEqual(new x509.X509Certificate(brief).notAfter);
  });

  test('is signed by the first of a bundle', async () => {
    const other = await world.certificates(event({}, properties({ CommonName: 'Other nodes' })));
    const { certificate, authorities } = await world.sign(authority + other, { request: key.request });
    expect(new X509Certificate(certificate).issuer).toBe('CN=Postgres nodes');
    expect(authorities).toBe(authority + other);
  });

  test('has a serial number of its own each time, and is in the log with its names', async () => {
    const serials = await Promise.all([1, 2, 3].map(async () => new X509Certificate((await world.sign(authority, { request: key.request })).certificate).serialNumber));
    expect(new Set(serials).size).toBe(3);
    expect(world.logged).toContainEqual(expect.objectContaining({ message: 'signed', alias: 'Node1', serialNumber: serials[0].toLowerCase(), names: nodes().Node1 }));
  });

  test.each(['prime256v1', 'secp384r1'])('can have a key on the curve %s', async (curve) => {
    const { certificate } = await world.sign(authority, { request: nodeKey(['ecparam', '-genkey', '-name', curve, '-noout']).request });
    expect(new X509Certificate(certificate).publicKey.asymmetricKeyDetails?.namedCurve).toBe(curve);
  });
});

/** The request of a node with the last byte of its signature changed. */
function withOtherSignature(request: string): string {
  const der = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  der[der.length - 1] = 255 - der[der.length - 1];
  return pemOf(der);
}

/** The request with the key of somebody else, who did not sign it. */
function withOtherKey(request: string): string {
  const [own, other] = [request, nodeKey().request].map((pem) => new x509.Pkcs10CertificateRequest(pem));
  const point = (of: x509.Pkcs10CertificateRequest) => Buffer.from(of.publicKey.rawData).subarray(-64).toString('hex');
  return pemOf(Buffer.from(Buffer.from(own.rawData).toString('hex').replace(point(own), point(other)), 'hex'));
}

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64').match(/.{1,64}/g)!.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

const RSA = ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];

describe('the signer fails, signs nothing and says what to do', () => {
  test.each([
    ['invoked without an alias', () => key.request, '', '[SIGNER_NO_IDENTITY] The signer was invoked by \'arn:aws:lambda:eu-central-1:111122223333:function:Signer\', which'],
    ['invoked as $LATEST', () => key.request, '$LATEST', '[SIGNER_NO_IDENTITY]'],
    ['invoked as a version', () => key.request, '1', '[SIGNER_NO_IDENTITY]'],
    ['invoked by an alias that is not an identity', () => key.request, 'Node9', 'Use one of its aliases: Node1, Node2, Node3.'],
    ['invoked by a name that every object has', () => key.request, 'constructor', '[SIGNER_NO_IDENTITY]'],
    ['when the signature of the request is broken', () => withOtherSignature(key.request), 'Node1', '[SIGNER_SIGNATURE]'],
    ['when the key of the request belongs to another', () => withOtherKey(key.request), 'Node1', '[SIGNER_SIGNATURE]'],
    ['when the key is RSA', () => nodeKey(RSA).request, 'Node1', '[SIGNER_KEY] The request has a key of type \'RSASSA-PKCS1-v1_5\''],
    ['when the key is on the curve P-521', () => nodeKey(['ecparam', '-genkey', '-name', 'secp521r1', '-noout']).request, 'Node1', '[SIGNER_KEY] The request has a key of type \'ECDSA P-521\''],
    ['when the key is Ed25519', () => nodeKey(['genpkey', '-algorithm', 'ED25519']).request, 'Node1', '[SIGNER_KEY]'],
    ['when there is no request', () => undefined, 'Node1', '[SIGNER_REQUEST]'],
    ['when the request is not a text', () => ({ pem: key.request }), 'Node1', '[SIGNER_REQUEST]'],
    ['when the request is garbage', () => pemOf(Buffer.from('garbage')), 'Node1', '[SIGNER_REQUEST] The payload doesn\'t contain one PKCS#10 request in PEM format ('],
    ['when the request is a certificate', () => authority, 'Node1', '[SIGNER_REQUEST]'],
    ['when there are two requests', () => key.request + key.request, 'Node1', '[SIGNER_REQUEST]'],
    ['when the request is cut', () => key.request.slice(0, 300), 'Node1', '[SIGNER_REQUEST]'],
    ['when the request is endless', () => pemOf(Buffer.alloc(20_000)), 'Node1', '[SIGNER_REQUEST]'],
  ])('%s', async (_what, request, qualifier, message) => {
    const before = world.kms.signatures;
    const [code, text] = await world.sign(authority, { request: request() }, qualifier).then(() => ['', 'signed'], (error: Error & { code: string }) => [error.code, error.message]);
    expect(`[${code}] ${text}`).toContain(message);
    expect(world.kms.signatures).toBe(before);
  });

  test.each([[null], ['text'], [undefined], [[]]])('when the payload is %p', async (payload) => {
    await expect(world.sign(authority, payload)).rejects.toMatchObject({ code: 'SIGNER_REQUEST' });
  });

  test('when the authority has expired', async () => {
    const brief = await world.certificates(event({}, properties({ ValidityDays: '3' })));
    world.now += 4 * DAY_MILLIS;
    await expect(world.sign(brief, { request: key.request })).rejects.toMatchObject({ code: 'SIGNER_AUTHORITY_EXPIRED', message: expect.stringContaining('`validity`') as string });
    world.now -= 4 * DAY_MILLIS;
  });
});
