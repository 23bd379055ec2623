import { X509Certificate } from 'node:crypto';
import { AuthorityWorld, ADDRESSES, DAY_MILLIS, ENDPOINT, event, properties, update } from './world';
import { x509 } from '../../src/certificates/handler/x509';

const world = new AuthorityWorld();
afterAll(() => world.kms.restore());

const constraintsOf = (certificate: string) => Buffer.from(new x509.X509Certificate(certificate).getExtension('2.5.29.30')!.value).toString('latin1');
const octets = (address: string) => String.fromCharCode(...address.split('.').map(Number), 255, 255, 255, 255);

describe('the certificate of an authority', () => {
  test('is self-signed, for ten years, and for certificates of nodes only', async () => {
    const certificate = new X509Certificate(await world.certificates());
    expect(certificate.subject).toBe('CN=Postgres nodes');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo) - world.now).toBeGreaterThan(3649 * DAY_MILLIS);
    expect(world.now - Date.parse(certificate.validFrom)).toBeGreaterThanOrEqual(3600_000 - 1000);
  });

  test('says all that strict clients want, and what must be understood is critical', async () => {
    const { extensions } = new x509.X509Certificate(await world.certificates());
    expect(extensions.map(({ type, critical }) => [type, critical])).toEqual([
      ['2.5.29.19', true], // basic constraints
      ['2.5.29.15', true], // key usage
      ['2.5.29.14', false], // subject key identifier
      ['2.5.29.35', false], // authority key identifier
      ['2.5.29.30', true], // name constraints
    ]);
    const [basic, usage] = extensions as [x509.BasicConstraintsExtension, x509.KeyUsagesExtension];
    expect([basic.ca, basic.pathLength]).toEqual([true, 0]);
    expect(usage.usages).toBe(x509.KeyUsageFlags.keyCertSign + x509.KeyUsageFlags.cRLSign);
  });

  test('has a serial number of its own each time, positive and never longer than 20 octets', async () => {
    const serials = await Promise.all([1, 2, 3, 4].map(async () => new X509Certificate(await world.certificates()).serialNumber));
    expect(new Set(serials).size).toBe(4);
    expect(serials.filter((serial) => !/^[4-7][0-9A-F]{31}$/.test(serial))).toEqual([]);
  });

  test('can have a name with any character, and be valid beyond 2050', async () => {
    const certificate = new X509Certificate(await world.certificates(event({}, properties({ CommonName: 'A, "b" = c+#é', ValidityDays: '12000' }))));
    expect(certificate.subject).toContain('é');
    expect(new Date(certificate.validTo).getFullYear()).toBeGreaterThan(2055);
  });
});

describe('CloudFormation', () => {
  test('gets the certificates at Create, with the name as the physical id', async () => {
    const { PhysicalResourceId, StackId, RequestId, LogicalResourceId, Status, Data } = await world.deliver(event());
    expect({ PhysicalResourceId, StackId, RequestId, LogicalResourceId, Status }).toEqual({
      PhysicalResourceId: 'Postgres nodes', StackId: event().StackId, RequestId: event().RequestId, LogicalResourceId: 'Authority1234', Status: 'SUCCESS',
    });
    expect(Data!.Certificates).toMatch(/^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/);
  });

  test('gets a certificate of the same key and name at Update, that also permits the names before', async () => {
    const before = await world.certificates();
    const moved = [...ADDRESSES.slice(0, 2), '10.0.130.9'];
    const { PhysicalResourceId, Data } = await world.deliver(update(properties(), properties({ PermittedDnsNames: ['db.example.com'], PermittedIpAddresses: moved })));
    const [old, next] = [before, Data!.Certificates].map((text) => new x509.X509Certificate(text));

    expect(PhysicalResourceId).toBe('Postgres nodes');
    expect(next.subject).toBe(old.subject);
    expect(Buffer.from(next.publicKey.rawData)).toEqual(Buffer.from(old.publicKey.rawData));
    for (const name of [ENDPOINT.toLowerCase(), 'db.example.com', ...[...ADDRESSES, '10.0.130.9'].map(octets)]) {
      expect(constraintsOf(Data!.Certificates).split(name)).toHaveLength(2);
    }
    expect(constraintsOf(before)).not.toContain('db.example.com');
  });

  test('gets an answer to Delete, and KMS nothing to do', async () => {
    const before = world.kms.signatures;
    expect(await world.deliver(event({ RequestType: 'Delete', PhysicalResourceId: 'Postgres nodes' }))).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Postgres nodes' });
    expect(world.kms.signatures).toBe(before);
  });

  test('gets an answer of at most 4096 bytes, with many names and with a long reason', async () => {
    await world.certificates(event({}, properties({ PermittedDnsNames: Array.from({ length: 9 }, (_, index) => `${index}${ENDPOINT}`) })));
    await world.deliver(event({}, properties({ PermittedIpAddresses: ['x'.repeat(9000)] })));
    expect(world.bodies.filter((body) => Buffer.byteLength(body) > 4096)).toEqual([]);
  });
});

describe('fails, and says what to do,', () => {
  test.each([
    ['with a host name that is a URL', { PermittedDnsNames: ['https://db.example.com'] }, "[INVALID_VALUE] The permitted host name 'https://db.example.com' isn't a host name."],
    ['with a host name with a wildcard', { PermittedDnsNames: ['*.example.com'] }, '[INVALID_VALUE]'],
    ['with an address that is a name', { PermittedIpAddresses: ['db'] }, "[INVALID_VALUE] The permitted address 'db' isn't an address."],
    ['with an address out of range', { PermittedIpAddresses: ['10.0.1.256'] }, '[INVALID_VALUE]'],
    ['without host names, since all would be permitted', { PermittedDnsNames: [] }, '[INVALID_VALUE] An authority without permitted host names'],
    ['without addresses, since all would be permitted', { PermittedIpAddresses: [] }, '[INVALID_VALUE]'],
    ['where KMS refuses', { Key: 'arn:aws:kms:eu-central-1:111122223333:key/other' }, '[UNEXPECTED] The function that issues the certificate of an authority failed: NotFoundException: '],
  ])('%s', async (_what, wrong, reason) => {
    const before = world.kms.signatures;
    const answer = await world.deliver(event({}, properties(wrong)));
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'Authority1234' });
    expect(answer.Reason).toContain(reason);
    expect(world.kms.signatures).toBe(before);
  });

  test('when it is renamed; the rollback then succeeds', async () => {
    const renamed = properties({ CommonName: 'Other nodes' });
    const refused = await world.deliver(update(properties(), renamed));
    expect(refused).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'Postgres nodes', Reason: expect.stringContaining('[AUTHORITY_RENAMED]') as string });
    expect(await world.deliver(update(renamed, properties()))).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Postgres nodes' });
  });
});
