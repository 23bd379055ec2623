import * as fc from 'fast-check';
import type { Client } from 'pg';
import * as tables from '../../../../src/postgres/engine/handler/sql/rfc3454-tables';
import { preparePassword } from '../../../../src/postgres/engine/handler/sql/saslprep';
import { scramVerifier, verifierWithSalt } from '../../../../src/postgres/engine/handler/sql/scram';
import { POSTGRES_MAJORS, startPostgres, type PostgresServer } from '../../../support/postgres-server';

/** Characters at which incomplete preparations differ: mapped away, mapped to a space, compatibility forms, unassigned, prohibited, right to left. */
const TRICKY = ['\u00ad', '\u200b', '\u00a0', '\u3000', '\ufeff', '\u2126', 'ª', 'Ⅸ', 'ﬁ', '\u0221', '\u0340', '\ue000', '\u0627', 'ب', '1', '\u0378', '🔑', '\u0007', 'é', 'e\u0301'];

describe('a SCRAM verifier', () => {
  test('is that of RFC 7677 for its example', async () => {
    await expect(verifierWithSalt('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096))
      .resolves.toBe('SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=');
  });

  test('is the same for the same user and password, and another for any other', async () => {
    const [first, again, otherUser, otherPassword] = await Promise.all([
      scramVerifier('api', 'secret'), scramVerifier('api', 'secret'), scramVerifier('web', 'secret'), scramVerifier('api', 'Secret'),
    ]);

    expect(again).toBe(first);
    expect(new Set([first, otherUser, otherPassword]).size).toBe(3);
    expect(first).not.toContain('secret');
  });
});

describe('SASLprep', () => {
  test.each([
    ['UNASSIGNED', 'unassigned_code_points'], ['MAPPED_TO_NOTHING', 'commonly_mapped_to_nothing'], ['NON_ASCII_SPACE', 'non_ASCII_space_characters'],
    ['PROHIBITED', 'prohibited_characters'], ['RIGHT_TO_LEFT', 'bidirectional_r_al'], ['LEFT_TO_RIGHT', 'bidirectional_l'],
  ] as const)('has the table %s of npm saslprep', (ours, theirs) => {
    const reference = jest.requireActual<Record<string, Set<number>>>('saslprep/lib/code-points')[theirs];

    const different: number[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
      if (tables[ours].has(codePoint) !== reference.has(codePoint)) {
        different.push(codePoint);
      }
    }
    expect(different).toEqual([]);
  });

  test('leaves a password as it is where it cannot be prepared', () => {
    expect(preparePassword('I\u00adX')).toBe('IX');
    expect(preparePassword('Ⅸ ª')).toBe('IX a');
    expect(preparePassword('\u00ad')).toBe('\u00ad');
    expect(preparePassword('a\u00ad\u0007')).toBe('a\u00ad\u0007');
    expect(preparePassword('\u0627\u00ad1')).toBe('\u0627\u00ad1');
    expect(preparePassword('plain ASCII \x01')).toBe('plain ASCII \x01');
  });
});

describe.each(POSTGRES_MAJORS)('PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let superuser: Client;
  beforeAll(async () => {
    server = await startPostgres({ major });
    superuser = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    await superuser.query('CREATE ROLE probe LOGIN');
  });
  afterAll(async () => {
    await superuser.end();
    await server.remove();
  });

  test('computes the same verifier for random Unicode passwords', async () => {
    const anyCharacter = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
    const password = fc.array(fc.oneof(fc.constantFrom(...TRICKY), anyCharacter), { minLength: 1, maxLength: 12 })
      .map((characters) => characters.join(''))
      .filter((text) => !text.includes('\0'));

    await fc.assert(fc.asyncProperty(password, async (text) => {
      await superuser.query(`ALTER ROLE probe PASSWORD ${superuser.escapeLiteral(text)}`);
      const { rows: [{ rolpassword }] } = await superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'probe'");
      const [, iterations, salt] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(rolpassword) ?? [];
      expect(await verifierWithSalt(text, Buffer.from(salt, 'base64'), Number(iterations))).toBe(rolpassword);
    }), { numRuns: 150 });
  });

  test('lets users log in whose password only the client knew', async () => {
    for (const password of ['simple', 'päss wörd', 'I\u00adX', 'Ⅸ', '密码🔑', '\u0627\u0644', ' \' " \\ $1 ; -- ']) {
      await superuser.query(`ALTER ROLE probe PASSWORD '${await scramVerifier('probe', password)}'`);

      const client = await server.connect({ user: 'probe', password, database: 'postgres' });
      await client.end();
    }
  });
});
