import type { Client } from 'pg';
import { BrokerFixture, MARK } from './broker-fixture';
import { markComment } from '../../../../src/broker/handler/sql/owner-mark';
import { POSTGRES_MAJORS } from '../../../support/postgres-server';

interface Setting {
  readonly name: string;
  readonly vartype: string;
  readonly values: string[] | null;
  readonly min_val: string | null;
  readonly boot_val: string | null;
}

/** What a malicious or careless owner could set, one value after the other. */
function hostileValues({ name, vartype, values, min_val: least, boot_val: usual }: Setting): string[] {
  switch (vartype) {
    case 'bool': return [usual === 'on' ? 'off' : 'on'];
    case 'enum': return (values ?? []).filter((value) => value !== usual);
    case 'string': return name === 'role' ? ['app_owner'] : ['nothing_of_this_name', ''];
    default: return [...new Set([least ?? '0', '1'])];
  }
}

describe.each(POSTGRES_MAJORS)('what the owner of a database sets for its sessions on PostgreSQL %i', (major) => {
  let broker: BrokerFixture;
  let clients: Client[];
  beforeAll(async () => {
    broker = await BrokerFixture.start(major);
    await broker.succeed(broker.database('app'));
    const { superuser, admin } = broker.postgres;
    clients = await Promise.all(([[superuser, 'postgres'], [superuser, 'app'], [admin, 'postgres']] as const)
      .map(([{ username: user, password }, database]) => broker.postgres.connect({ user, password, database })));
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await broker.postgres.remove();
  });

  test('neither stops nor changes the removal of a user', async () => {
    const [outside, inside, asAdmin] = clients;
    const { rows } = await outside.query<Setting>(`SELECT name, vartype, enumvals AS values, min_val, boot_val FROM pg_settings WHERE context = 'user'
      UNION ALL SELECT 'role', 'string', NULL, NULL, NULL ORDER BY 1`);
    const remove = async (): Promise<unknown> => {
      await asAdmin.query(`CREATE ROLE gone LOGIN; GRANT app_rw TO gone; COMMENT ON ROLE gone IS '${markComment(MARK)}'`);
      await inside.query('CREATE TABLE public."Left" (id int[]); ALTER TABLE public."Left" OWNER TO gone');
      const changes = await broker.succeed(broker.deleteUser('gone', { deadline: Date.now() + 6_000 }));
      const { rows: left } = await inside.query('SELECT pg_get_userbyid(relowner) AS owner, relacl::text AS rights FROM pg_class WHERE oid = \'public."Left"\'::regclass');
      return { changes: changes.map((change) => change.replace(/usesysid = \d+/, 'usesysid = …')), left };
    };
    const clear = async () => {
      for (const database of ['app', 'postgres']) await outside.query(`ALTER DATABASE ${database} RESET ALL`);
      await inside.query('DROP TABLE IF EXISTS public."Left"');
      await inside.query('DO $$ BEGIN IF to_regrole(\'gone\') IS NOT NULL THEN DROP OWNED BY gone; DROP ROLE gone; END IF; END $$');
    };
    const usual = await remove();
    await clear();

    const broken: unknown[] = [];
    for (const setting of rows) {
      for (const value of hostileValues(setting)) {
        const set = ['app', 'postgres'].map((database) => outside.query(`ALTER DATABASE ${database} SET "${setting.name}" = '${value}'`).then(() => true, () => false));
        if ((await Promise.all(set)).includes(true)) {
          const found = await remove().catch((error: Error) => error.message);
          if (JSON.stringify(found) !== JSON.stringify(usual)) broken.push([setting.name, value, found]);
          await clear();
        }
      }
    }

    expect(broken).toEqual([]);
  }, 600_000);
});
