import { rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { BrokerFixture, MARK, PASSWORD } from './broker-fixture';
import { BrokerError } from '../../../../src/broker/broker-error';
import type { SqlRequest } from '../../../../src/broker/broker.contract';
import { redact, toFailure } from '../../../../src/broker/handler/sql/failures';
import { toBrokerError } from '../../../../src/postgres/engine/handler/sql/failures';
import { VERIFIERS } from '../../../../src/postgres/engine/handler/sql/scram';
import { connectWithPg, type Connect } from '../../../../src/postgres/engine/handler/sql/session';
import type { PostgresRequest } from '../../../../src/postgres/engine/postgres.contract';
import { handler } from '../../../../src/postgres/engine/sql.lambda';
import { issueCertificates } from '../../../support/postgres-certificates';

const soon = (milliseconds: number) => Date.now() + milliseconds;

describe('the SQL function', () => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(18);
    await broker.succeed(broker.database('app'));
  });
  afterAll(async () => broker.postgres.remove());

  test('answers a request that succeeds', async () => {
    await expect(handler(broker.user('handled', 'app'))).resolves.toMatchObject({ ok: true, changes: expect.arrayContaining(['CREATE ROLE "handled" LOGIN']) });
  });

  test('waits for a server that is stopped until it is started', async () => {
    // GIVEN
    await broker.postgres.stop();

    // WHEN
    const waiting = broker.succeed(broker.user('waited', 'app'));
    await broker.postgres.start();

    // THEN
    expect(await waiting).toContain('CREATE ROLE "waited" LOGIN');
  });

  test('fails as unreachable, naming the reason, when the server stays stopped until the deadline', async () => {
    // GIVEN
    await broker.postgres.stop();

    // WHEN
    const failure = await broker.fail(broker.user('late', 'app', { deadline: soon(1_200) }));
    await broker.postgres.start();

    // THEN
    expect(failure).toMatchObject({ code: 'ECONNREFUSED', unreachable: true, wrongPassword: false });
    expect(failure.message).toContain(`localhost:${broker.postgres.port}`);
  });

  test('fails as unreachable when the host name does not exist', async () => {
    const failure = await broker.fail(broker.user('lost', 'app', { deadline: soon(600), server: broker.connection({ host: 'no-such-host.invalid' }) }));

    expect(failure).toMatchObject({ code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/), unreachable: true });
  });

  test('fails at once when the server refuses the admin\'s password', async () => {
    const started = Date.now();

    const failure = await broker.fail(broker.user('refused', 'app', { deadline: soon(30_000), server: broker.connection({ password: 'Outdated-password.1' }) }));

    expect(failure).toMatchObject({ code: '28P01', wrongPassword: true, unreachable: false });
    expect(failure.message).not.toContain('Outdated-password.1');
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('fails as unreachable on a standby, and changes nothing there', async () => {
    // GIVEN
    await broker.postgres.stop();
    const signal = join(broker.postgres.dataDir, 'standby.signal');
    writeFileSync(signal, '', { mode: 0o666 });
    await broker.postgres.start();

    // WHEN
    const failure = await broker.fail(broker.user('standby', 'app', { deadline: soon(1_000) }));
    await broker.postgres.stop();
    rmSync(signal);
    await broker.postgres.start();

    // THEN
    expect(failure).toMatchObject({ code: '25006', unreachable: true, message: expect.stringContaining('failover') });
  });

  test('fails at once for a certificate of an authority that was not given', async () => {
    const { ca } = await issueCertificates(['localhost']);

    const failure = await broker.fail(broker.user('mistrusted', 'app', { server: broker.connection({ ca }) }));

    expect(failure).toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO|CERT_/), unreachable: false, message: expect.stringContaining('caCertificates') });
  });

  test('fails at once for a certificate of another host', async () => {
    const other = await BrokerFixture.startFor(['db.internal']);

    const failure = await other.fail(other.user('mistaken', 'app', { server: other.connection({ host: 'localhost' }) }));
    await other.postgres.remove();

    expect(failure).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', unreachable: false });
  });

  test.each(['57P03', '53300', '57P01', '08006', '40001', '40P01', '55P03', '55006'])('tries again after %s', async (code) => {
    // GIVEN
    let failures = 0;
    const connect: Connect = async (...args) => {
      if (failures < 2) {
        failures += 1;
        throw Object.assign(new Error('not now'), { code });
      }
      return connectWithPg(...args);
    };

    // WHEN
    const changes = await broker.succeed(broker.user(`after_${code.toLowerCase()}`, 'app'), { connect, sleep: async () => undefined });

    // THEN
    expect(failures).toBe(2);
    expect(changes).toContain(`CREATE ROLE "after_${code.toLowerCase()}" LOGIN`);
  });

  test('tries a few times more when another session changed the same object, and then says so', async () => {
    let attempts = 0;
    const connect: Connect = async () => {
      attempts += 1;
      throw Object.assign(new Error('tuple concurrently updated'), { code: 'XX000' });
    };

    const failure = await broker.fail(broker.user('collided', 'app'), { connect, sleep: async () => undefined });

    expect(failure).toMatchObject({ code: 'XX000', message: expect.stringContaining('tuple concurrently updated') });
    expect(attempts).toBe(5);
  });

  test('fails for a request that it does not know', async () => {
    await expect(handler({ ...broker.inspect('x', 'app'), operation: 'fly' } as unknown as SqlRequest)).resolves.toMatchObject({ ok: false, error: { code: 'UNKNOWN_OPERATION' } });
  });
});

describe('a failure', () => {
  const request: PostgresRequest = {
    operation: 'convergeUser',
    server: { host: 'db', port: 5432, username: 'admin', password: 'Admin-password.9', ca: '', owned: true },
    mark: MARK,
    deadline: 0,
    adoptExisting: false,
    passwords: { api: PASSWORD },
    user: { username: 'api', logins: ['api'], databaseName: 'app', access: 'READ_WRITE', connectionLimit: -1, settings: {}, protectedTables: [] },
  };

  test('names the SQLSTATE, the object, the reason and what to do', () => {
    const error = toBrokerError(Object.assign(new Error('role "x" cannot be dropped'), { code: '2BP01', detail: 'owner of table t' }), request);

    expect(toFailure(error, request)).toEqual({
      code: '2BP01',
      message: 'User \'api\' can\'t be created or changed: role "x" cannot be dropped (owner of table t). Drop or reassign the dependent objects that the detail names.',
      unreachable: false,
      wrongPassword: false,
    });
  });

  test('never holds a password or a verifier, and stays under 1,000 characters', () => {
    const text = `${PASSWORD} Admin-password.9 ALTER ROLE x PASSWORD 'SCRAM-SHA-256$4096:abc$def:ghi' ${'long '.repeat(500)}`;

    const { message } = toFailure(new BrokerError('XX000', text), request, VERIFIERS);

    expect(message.length).toBeLessThan(1_000);
    expect(message).not.toMatch(/Secret-of|Admin-password|SCRAM-SHA-256\$|ghi/);
    expect(redact('nothing secret', [''])).toBe('nothing secret');
  });

  test('of several addresses tells that of the last', () => {
    const error = toBrokerError(new AggregateError([Object.assign(new Error('first'), { code: 'EPERM' }), Object.assign(new Error('second'), { code: 'ECONNREFUSED' })]), request);

    expect(error).toMatchObject({ code: 'ECONNREFUSED', retry: true, unreachable: true });
  });

  test('of something that is no error is one all the same', () => {
    expect(toFailure(toBrokerError('gone wrong', request), request)).toMatchObject({ code: 'UNEXPECTED', message: expect.stringContaining('gone wrong') });
  });
});
