import { BrokerFixture, PASSWORD } from './broker-fixture';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

const ADOPT = { adoptExisting: true };

describe.each(POSTGRES_MAJORS.filter((major) => major < 16))('logins made on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
  });
  afterAll(async () => broker.postgres.remove());

  const administered = async () => (await broker.asSuperuser('postgres', "SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = 'postgres'::regrole AND admin_option")).map(({ role }) => role);

  test('are administered by the admin, which version 16 goes by after an upgrade, also those that an earlier release made', async () => {
    await broker.succeed(broker.user('made', 'app'));
    expect(await administered()).toContain('made');
    await broker.asAdmin('postgres', 'REVOKE made FROM CURRENT_USER');
    await broker.succeed(broker.user('made', 'app'));
    expect(await administered()).toContain('made');
    await expect(broker.succeed(broker.user('made', 'app'))).resolves.toEqual([]);
    await broker.succeed(broker.deleteUser('made'));
  });

  test('are not where they log in by IAM, and are given up where they begin to', async () => {
    await broker.succeed(broker.user('later_iam', 'app'));
    await broker.asSuperuser('postgres', 'CREATE ROLE iam_users; GRANT rds_iam TO iam_users; GRANT iam_users TO later_iam');
    await broker.asAdmin('postgres', 'CREATE ROLE early_iam LOGIN');
    await broker.asSuperuser('postgres', 'GRANT rds_iam TO early_iam');

    await broker.succeed(broker.user('later_iam', 'app'));
    await broker.succeed(broker.user('early_iam', 'app', ADOPT));

    expect((await administered()).filter((role) => String(role).endsWith('_iam') && role !== 'rds_iam')).toEqual([]);
    await expect(broker.asAdmin('postgres', "SELECT pg_has_role('rds_iam', 'MEMBER') AS iam")).resolves.toEqual([{ iam: false }]);
  });

  test('are not where they are members of the admin themselves', async () => {
    await broker.asAdmin('postgres', 'CREATE ROLE deputy LOGIN');
    await broker.asSuperuser('postgres', 'GRANT postgres TO deputy');
    await broker.succeed(broker.user('deputy', 'app', ADOPT));
    await expect(broker.asUser('deputy', 'app', 'SELECT 1', PASSWORD)).resolves.toHaveLength(1);
  });

  test('are not by a master user of RDS, which needs none', async () => {
    await broker.asSuperuser('postgres', 'CREATE ROLE rds_replication; GRANT rds_replication TO rds_superuser');
    await broker.succeed(broker.user('on_rds', 'app'));
    expect(await administered()).not.toContain('on_rds');
    await broker.asSuperuser('postgres', 'DROP ROLE rds_replication');
  });
});
