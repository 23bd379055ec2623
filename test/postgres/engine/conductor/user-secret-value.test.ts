import * as fc from 'fast-check';
import { parse } from 'pg-connection-string';
import { CA_FILE } from '../../../../src/binding/shared/trust.contract';
import { saysTheSame } from '../../../../src/broker/handler/conductor/user-secret';
import { userSecretValue, type UserSecretContent } from '../../../../src/postgres/engine/handler/conductor/user-secret-value';
import { USERNAME } from '../../../../src/postgres/engine/names';
import type { UserSecretValue } from '../../../../src/postgres/engine/postgres.contract';

const CONTENT: UserSecretContent = { engine: 'postgres', host: 'db.example.internal', port: 5432, dbname: 'app', username: 'api', sslmode: 'verify-full', ca: 'PEM' };

/** Whatever the conductor lets pass; passwords are any text, because a person may have written one into the secret. */
const username = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 }).filter((text) => USERNAME.pattern.test(text));
const dbname = fc.string({ unit: fc.constantFrom(...'aZ09_.~!$&()*+;=@-'), minLength: 1, maxLength: 20 }).filter((text) => text !== '.' && text !== '..');
const password = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));

describe('the URL', () => {
  test('gives every part back to a URL parser, whether it decodes the path or not, and names no file', () => {
    fc.assert(fc.property(username, password, dbname, (...[user, secret, database]) => {
      const url = new URL(userSecretValue({ ...CONTENT, username: user, dbname: database }, secret).url);
      expect([url.username, url.password].map(decodeURIComponent)).toEqual([user, secret]);
      expect([url.pathname, decodeURIComponent(url.pathname)]).toEqual([`/${database}`, `/${database}`]);
      expect([url.protocol, url.hostname, url.port, url.search]).toEqual(['postgresql:', 'db.example.internal', '5432', '?sslmode=verify-full']);
    }), { numRuns: 500 });
  });

  test('gives every part back to node\'s pg, which verifies the server', () => {
    fc.assert(fc.property(username, password, dbname, (...[user, secret, database]) => {
      const parsed = parse(userSecretValue({ ...CONTENT, username: user, dbname: database }, secret).url);
      expect(parsed).toMatchObject({ user, password: secret, database, host: 'db.example.internal', port: '5432', ssl: {} });
    }), { numRuns: 500 });
  });

  test('puts an IPv6 address in brackets', () => {
    expect(new URL(userSecretValue({ ...CONTENT, host: 'fd00::1' }, 'x').url).hostname).toBe('[fd00::1]');
  });
});

test('another URL names the file too, for programs that read no variables', () => {
  const { url, urlWithCaFile } = userSecretValue(CONTENT, 'x');
  expect(urlWithCaFile).toBe(`${url}&sslrootcert=${CA_FILE}`);
});

test('the JDBC URL names the file, and has user and password as parameters, which form decoding gives back', () => {
  fc.assert(fc.property(username, password, dbname, (...[user, secret, database]) => {
    const [address, query] = userSecretValue({ ...CONTENT, username: user, dbname: database }, secret).jdbcUrl.split('?');
    expect(decodeURIComponent(address)).toBe(`jdbc:postgresql://db.example.internal:5432/${database}`);
    expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ user, password: secret, sslmode: 'verify-full', sslrootcert: CA_FILE });
  }));
});

describe('the URL of several hosts', () => {
  const hosts = '10.0.1.5,10.0.65.9,10.0.129.3';

  test('is there only where the server has nodes to choose from, and changes nothing else', () => {
    const { multiHostUrl, hosts: named, ...rest } = userSecretValue({ ...CONTENT, hosts }, 'x');
    expect(rest).toEqual(userSecretValue(CONTENT, 'x'));
    expect(named).toBe(hosts);
    expect(multiHostUrl).toBe(`postgresql://api:x@10.0.1.5:5432,10.0.65.9:5432,10.0.129.3:5432/app?target_session_attrs=primary&sslmode=verify-full&sslrootcert=${CA_FILE}&connect_timeout=3`);
  });

  test('gives every part back that the other URL gives', () => {
    fc.assert(fc.property(username, password, dbname, (...[user, secret, database]) => {
      const { url, multiHostUrl } = userSecretValue({ ...CONTENT, hosts, username: user, dbname: database }, secret);
      const parts = (text = '') => [/^postgresql:\/\/([^@]*)@/.exec(text)?.[1], /:5432(\/[^?]*)\?/.exec(text)?.[1]];
      expect(parts(multiHostUrl)).toEqual(parts(url));
    }));
  });

  test('puts IPv6 addresses in brackets', () => {
    expect(userSecretValue({ ...CONTENT, hosts: 'fd00::1,fd00::2' }, 'x').multiHostUrl).toContain('@[fd00::1]:5432,[fd00::2]:5432/');
  });
});

describe('a stored value', () => {
  const hasContent = (stored: UserSecretValue, content: UserSecretContent) => saysTheSame(stored, userSecretValue(content, stored.password));

  test('has the content that it was made from, whatever its password', () => {
    fc.assert(fc.property(password, (secret) => expect(hasContent(userSecretValue(CONTENT, secret), CONTENT)).toBe(true)));
  });

  test.each([{ host: 'other' }, { port: 5433 }, { dbname: 'other' }, { username: 'other' }, { ca: 'other' }])('has other content than one with %j', (change) => {
    expect(hasContent(userSecretValue({ ...CONTENT, ...change }, 'x'), CONTENT)).toBe(false);
  });

  test('of a server with other nodes, or with none, is written again', () => {
    const nodes = { ...CONTENT, hosts: '10.0.1.5,10.0.65.9' };
    expect(hasContent(userSecretValue(nodes, 'x'), nodes)).toBe(true);
    expect([CONTENT, { ...CONTENT, hosts: '10.0.1.5' }].map((stored) => hasContent(userSecretValue(stored, 'x'), nodes))).toEqual([false, false]);
  });

  test('whose URL does not fit its password counts as other content, and so is written again', () => {
    expect(hasContent({ ...userSecretValue(CONTENT, 'x'), password: 'y' }, CONTENT)).toBe(false);
  });
});
