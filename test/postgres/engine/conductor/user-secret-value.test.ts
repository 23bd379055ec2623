import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { parse } from 'pg-connection-string';
import { CA_FILE } from '../../../../src/binding/shared/trust.contract';
import { saysTheSame } from '../../../../src/broker/handler/conductor/user-secret';
import { userSecretValue, type UserSecretContent } from '../../../../src/postgres/engine/handler/conductor/user-secret-value';
import type { UserSecretValue } from '../../../../src/postgres/engine/postgres.contract';

const CONTENT: UserSecretContent = { engine: 'postgres', host: 'db.example.internal', port: 5432, dbname: 'app', username: 'api', sslmode: 'verify-full', ca: 'PEM' };

/** Whatever PostgreSQL takes as a name: any text without a zero byte that is well formed. */
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));
const databaseName = name.filter((text) => text !== '.' && text !== '..');
/** Without the characters that node-postgres leaves encoded in a path: a known fault (url-of-odd-database-name). */
const plainDatabaseName = databaseName.filter((text) => !/[;/?:@&=+$,#]/.test(text));

describe('the URL', () => {
  let directory: string;
  let caFile: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cdk-private-backend-url-'));
    caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, 'PEM');
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('gives every part back to a URL parser', () => {
    fc.assert(fc.property(name, name, databaseName, (username, password, dbname) => {
      const url = new URL(userSecretValue({ ...CONTENT, username, dbname }, password).url);
      expect([url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent)).toEqual([username, password, dbname]);
      expect([url.protocol, url.hostname, url.port]).toEqual(['postgresql:', 'db.example.internal', '5432']);
      expect(Object.fromEntries(url.searchParams)).toEqual({ sslmode: 'verify-full', sslrootcert: CA_FILE });
    }), { numRuns: 500 });
  });

  test('gives every part back to node\'s pg, which reads the CA file that it names', () => {
    fc.assert(fc.property(name, name, plainDatabaseName, (username, password, dbname) => {
      const parsed = parse(userSecretValue({ ...CONTENT, username, dbname }, password).url.replace(CA_FILE, caFile));
      expect(parsed).toMatchObject({ user: username, password, database: dbname, host: 'db.example.internal', port: '5432', ssl: { ca: 'PEM' } });
    }), { numRuns: 500 });
  });

  test('has only characters that need no quoting in a shell, a YAML file or a log', () => {
    fc.assert(fc.property(name, name, databaseName, (username, password, dbname) => {
      const { url, jdbcUrl } = userSecretValue({ ...CONTENT, username, dbname }, password);
      expect(`${url}${jdbcUrl}`).toMatch(/^[A-Za-z0-9_.~%:/@?&=-]+$/);
    }));
  });

  test('puts an IPv6 address in brackets', () => {
    expect(new URL(userSecretValue({ ...CONTENT, host: 'fd00::1' }, 'x').url).hostname).toBe('[fd00::1]');
  });
});

test('the JDBC URL has user and password as parameters, which form decoding gives back', () => {
  fc.assert(fc.property(name, name, databaseName, (username, password, dbname) => {
    const [address, query] = userSecretValue({ ...CONTENT, username, dbname }, password).jdbcUrl.split('?');
    expect(address.replace('jdbc:postgresql://db.example.internal:5432/', '')).toBe(encodeURIComponent(dbname).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`));
    expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ user: username, password, sslmode: 'verify-full', sslrootcert: CA_FILE });
  }));
});

describe('a stored value', () => {
  const hasContent = (stored: UserSecretValue, content: UserSecretContent) => saysTheSame(stored, userSecretValue(content, stored.password));

  test('has the content that it was made from, whatever its password', () => {
    fc.assert(fc.property(name, (password) => expect(hasContent(userSecretValue(CONTENT, password), CONTENT)).toBe(true)));
  });

  test.each([{ host: 'other' }, { port: 5433 }, { dbname: 'other' }, { username: 'other' }, { ca: 'other' }])('has other content than one with %j', (change) => {
    expect(hasContent(userSecretValue({ ...CONTENT, ...change }, 'x'), CONTENT)).toBe(false);
  });

  test('whose URL does not fit its password counts as other content, and so is written again', () => {
    expect(hasContent({ ...userSecretValue(CONTENT, 'x'), password: 'y' }, CONTENT)).toBe(false);
  });
});
