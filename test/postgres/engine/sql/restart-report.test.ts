import { BrokerFixture } from './broker-fixture';
import { restartReport } from '../../../../src/postgres/engine/handler/sql/restart-report';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

describe.each(POSTGRES_MAJORS)('a parameter that waits for a restart of PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
  });
  afterAll(async () => broker.postgres.remove());

  const reports = async (maxConnections?: number) => {
    const said: string[] = [];
    await broker.succeed(broker.database('app', { maxConnections }), { report: (text) => said.push(text) });
    return said;
  };

  test('is reported where more connections are declared than the server accepts, until it is restarted', async () => {
    await expect(reports(60)).resolves.toEqual([]);
    await expect(reports()).resolves.toEqual([]);
    const [report, ...others] = await reports(200);
    expect(others).toEqual([]);
    expect(report).toMatch(/^WARNING: the server '.*' has to be restarted before it takes 'max_connections'\. The server accepts 60 connections, and 200 are declared\. .*`aws rds reboot-db-instance/);
  });

  test('is reported where the server itself knows of it, and not any more after the restart', async () => {
    // GIVEN
    await broker.asSuperuser('postgres', 'ALTER SYSTEM SET max_wal_senders = 7');
    await broker.asSuperuser('postgres', 'ALTER SYSTEM SET wal_level = logical');
    await broker.asSuperuser('postgres', 'SELECT pg_reload_conf(), pg_sleep(1)');

    // WHEN
    const before = await reports(60);
    await broker.postgres.restart();

    // THEN
    expect(before).toEqual([expect.stringMatching(/before it takes .*'max_wal_senders', .*'wal_level'\. Restart each/)]);
    await expect(reports(60)).resolves.toEqual([]);
  });
});

test.each([
  [{ maxConnections: 60, pendingRestart: [] }, undefined, undefined],
  [{ maxConnections: 60, pendingRestart: [] }, 60, undefined],
  [{ maxConnections: 60, pendingRestart: ['max_connections'] }, 80, /takes 'max_connections'\. The server accepts 60 connections, and 80 are declared/],
  [{ maxConnections: 60, pendingRestart: ['shared_buffers'] }, 40, /takes 'max_connections', 'shared_buffers'\. The server accepts 60 connections, and 40 are declared/],
])('of %p with %p declared says %p', (state, declared, expected) => {
  const report = restartReport({ ...state, onRds: true }, 'db.example.com', declared);
  if (expected === undefined) {
    expect(report).toBeUndefined();
  } else {
    expect(report).toMatch(expected);
  }
});

test('of a server that RDS does not run says how its own nodes restart', () => {
  const report = restartReport({ maxConnections: 60, pendingRestart: ['shared_buffers'], onRds: false }, 'db.example.com');
  expect(report).toMatch(/patronictl/);
  expect(report).not.toMatch(/aws rds/);
});
