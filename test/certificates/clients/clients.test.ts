import { CLIENTS, goProgram, missingPrograms, present, type Presented } from './clients';
import { unusableAuthority } from './unusable-authority';
import type { Identities } from '../../../src/certificates/certificates.contract';
import { ADDRESSES, AuthorityWorld, DAY_MILLIS, ENDPOINT, event, nodeKey, nodes, properties, update } from '../world';

const world = new AuthorityWorld();
const key = nodeKey();
let authority = '';

beforeAll(async () => {
  expect(`missing programs: ${missingPrograms().join(', ')}`).toBe('missing programs: ');
  goProgram();
  authority = await world.certificates();
}, 300_000);
afterAll(() => world.kms.restore());

/** A certificate with these names, whatever the authority permits. */
async function issued(dnsNames: string[], ipAddresses: string[], authorities = authority): Promise<Presented> {
  const identities: Identities = { Other: { commonName: 'node-1', dnsNames, ipAddresses } };
  return present(authorities, (await world.sign(authorities, { request: key.request }, 'Other', identities)).certificate, key.keyFile);
}

async function ofNode1(authorities: string, identities = nodes()): Promise<string> {
  return (await world.sign(authorities, { request: key.request }, 'Node1', identities)).certificate;
}

describe.each(Object.entries(CLIENTS))('%s', (_name, verify) => {
  test.each([['the endpoint', ENDPOINT], ['the endpoint in lower case', ENDPOINT.toLowerCase()], ['the address', ADDRESSES[0]]])('accepts a node by %s', async (_what, name) => {
    expect(await verify(present(authority, await ofNode1(authority), key.keyFile), name)).toBe('accepted');
  });

  test('accepts names below a permitted one, addresses of a permitted range, and IPv6', async () => {
    const wide = await world.certificates(event({}, properties({ PermittedDnsNames: ['example.com'], PermittedIpAddresses: ['10.0.1.0/24', '2001:db8::5'] })));
    for (const [dnsNames, addresses] of [[['db.example.com'], ['10.0.1.77']], [['example.com'], ['2001:db8::5']]]) {
      expect(await verify(await issued(dnsNames, addresses, wide), dnsNames[0])).toBe('accepted');
      expect(await verify(await issued(dnsNames, addresses, wide), addresses[0])).toBe('accepted');
    }
    expect(await verify(await issued(['db.example.com'], ['10.0.2.1'], wide), 'db.example.com')).toContain('refused');
    expect(await verify(await issued(['db.example.com'], ['2001:db8::6'], wide), 'db.example.com')).toContain('refused');
  });

  test.each([
    ['a host name that is not permitted', ['evil.example.com'], [ADDRESSES[0]], 'evil.example.com'],
    ['a permitted name beside a host name that is not', [ENDPOINT, 'evil.example.com'], [ADDRESSES[0]], ENDPOINT],
    ['a host name that only ends like a permitted one', [`evil-${ENDPOINT}`], [], `evil-${ENDPOINT}`],
    ['an address that is not permitted', [ENDPOINT], ['192.0.2.1'], '192.0.2.1'],
    ['the neighbour of a permitted address', [ENDPOINT], ['10.0.1.4'], ENDPOINT],
    ['an IPv6 address, where only IPv4 is permitted', [ENDPOINT], ['2001:db8::1'], ENDPOINT],
  ])('fails on a certificate that the key itself signed, with %s', async (_what, dnsNames, ipAddresses, name) => {
    expect(await verify(await issued(dnsNames, ipAddresses), name)).toMatch(/^refused: .*(permitted|constraint)/is);
  });

  test('fails on a node by the address of another, and after the end of its certificate', async () => {
    expect(await verify(present(authority, await ofNode1(authority), key.keyFile), ADDRESSES[1])).toContain('refused');
    world.now -= 40 * DAY_MILLIS;
    const old = await world.certificates();
    const expired = present(old, await ofNode1(old), key.keyFile);
    world.now += 40 * DAY_MILLIS;
    expect(await verify(expired, ENDPOINT)).toMatch(/^refused: .*expired/is);
  });

  test('accepts nodes before, while and after an address changes', async () => {
    const moved = ['10.0.7.7', ...ADDRESSES.slice(1)];
    const after = await world.certificates(update(properties(), properties({ PermittedIpAddresses: moved })));
    const [stays, goes] = [nodes(), nodes(ENDPOINT, moved)].map((identities) => async (authorities: string, alias: string) => (await world.sign(authorities, { request: key.request }, alias, identities)).certificate);

    // Nodes that have the new certificate of the authority, and one that has not changed yet.
    expect(await verify(present(after, await stays(authority, 'Node1'), key.keyFile), ADDRESSES[0])).toBe('accepted');
    expect(await verify(present(after, await goes(after, 'Node1'), key.keyFile), moved[0])).toBe('accepted');
    // A node that has the old one still accepts those that stay where they are.
    expect(await verify(present(authority, await goes(after, 'Node2'), key.keyFile), ADDRESSES[1])).toBe('accepted');
    expect(await verify(present(authority, await goes(after, 'Node1'), key.keyFile), moved[0])).toContain('refused');
  });
});

describe('an authority that somebody made by hand', () => {
  test.each(['OpenSSL, strictly', 'Python, as strict as 3.13'])('fails without key usage: %s refuses it', async (name) => {
    expect(await CLIENTS[name](unusableAuthority(key), ENDPOINT)).toMatch(/^refused: .*key ?usage/is);
  });
});

test('a program that is missing is named', () => {
  expect(missingPrograms(['openssl', 'no-such-program'])).toEqual(['no-such-program']);
});
