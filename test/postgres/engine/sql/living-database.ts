import type { Client } from 'pg';
import { type BrokerFixture, PASSWORD } from './broker-fixture';

/** Who owns the database and who its objects, before this library comes. */
export const OWNERSHIPS = [
  'by its application', 'by the admin', 'by both, and by a role without login', 'by the application, objects by the admin', 'by a role with the name of a group',
] as const;
export type Ownership = typeof OWNERSHIPS[number];

/** A database of others with something of every kind in it, and the application that uses it. */
export async function livingDatabase(broker: BrokerFixture, name: string, ownership: Ownership): Promise<void> {
  const app = `${name}_app`;
  await broker.asAdmin('postgres', `CREATE ROLE ${app} LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE ${name}_reader LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE ${name}_holder NOLOGIN`);
  if (ownership === 'by a role with the name of a group') {
    await broker.asAdmin('postgres', `CREATE ROLE ${name}_owner NOLOGIN; GRANT ${name}_owner TO ${app}`);
  }
  const owner = ownership.endsWith('by the admin') ? 'postgres' : ownership.startsWith('by a role') ? `${name}_owner` : app;
  await broker.asSuperuser('postgres', `CREATE DATABASE ${name} OWNER ${ownership === 'by the admin' || ownership.startsWith('by both') ? 'postgres' : ownership.startsWith('by a role') ? owner : app}`);
  await broker.asAdmin('postgres', `GRANT ${app}, ${name}_holder TO CURRENT_USER`);
  await broker.asSuperuser(name, `ALTER DATABASE ${name} SET search_path = public, sales; ALTER DATABASE ${name} CONNECTION LIMIT 90; COMMENT ON DATABASE ${name} IS 'since 2009';
    GRANT CREATE ON SCHEMA public TO ${app}; CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE SCHEMA sales AUTHORIZATION ${owner}; GRANT ALL ON SCHEMA sales TO ${app}; GRANT USAGE ON SCHEMA sales TO ${name}_reader;
    SET SESSION AUTHORIZATION ${owner};
    CREATE TYPE public.state AS ENUM ('new', 'paid'); CREATE DOMAIN public.amount AS int CHECK (value >= 0); CREATE TYPE public.span AS RANGE (subtype = float8);
    CREATE TYPE public."Pair of ""things""" AS (a int, b public.amount[]); CREATE AGGREGATE public.everything(*) (sfunc = int8inc, stype = int8, initcond = '0');
    CREATE TABLE public.orders (id serial PRIMARY KEY, total public.amount NOT NULL DEFAULT 1, state public.state DEFAULT 'new');
    CREATE TABLE sales.items (id int GENERATED ALWAYS AS IDENTITY, order_id int REFERENCES public.orders, PRIMARY KEY (id));
    CREATE TABLE public.parted (id int, at date) PARTITION BY RANGE (at); CREATE TABLE public.parted_now PARTITION OF public.parted DEFAULT;
    CREATE VIEW public.paid AS SELECT * FROM public.orders WHERE state = 'paid'; CREATE MATERIALIZED VIEW public.summary AS SELECT count(*) AS n FROM public.orders;
    CREATE VIEW public.sessions AS SELECT pid, usename FROM pg_stat_activity;
    CREATE SEQUENCE public.loose; CREATE FUNCTION public.total() RETURNS bigint LANGUAGE sql AS 'SELECT sum(total) FROM public.orders';
    CREATE PROCEDURE sales.split(a int, OUT b text) LANGUAGE sql AS $$SELECT 'x'$$; CREATE PROCEDURE sales.split(a int, b text) LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION public.whoami() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text'; REVOKE ALL ON FUNCTION public.whoami() FROM PUBLIC;
    CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.total = NEW.total + 0; RETURN NEW; END';
    CREATE TRIGGER stamp BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION public.stamp();
    ALTER TABLE sales.items ENABLE ROW LEVEL SECURITY; CREATE POLICY everybody ON sales.items USING (true) WITH CHECK (true);
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.orders, sales.items, public.parted TO ${app}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${app};
    GRANT SELECT ON public.orders, public.paid TO ${name}_reader;
    ${ownership.startsWith('by both') ? `RESET SESSION AUTHORIZATION; CREATE TABLE public.held (id int); ALTER TABLE public.held OWNER TO ${name}_holder; CREATE TABLE public.of_admin (id int); ALTER TABLE public.of_admin OWNER TO postgres` : ''}`);
}

/** All that is to be the same again after a rollback, in words. The server takes a moment to clean up after sessions, so their temporary tables are left out. */
export async function fingerprint(broker: BrokerFixture, name: string): Promise<string[]> {
  const acl = (column: string, kind: string, owner: string) => `ARRAY(SELECT a::text FROM unnest(coalesce(${column}, acldefault('${kind}', ${owner}))) a ORDER BY 1)`;
  const rows = await broker.asSuperuser(name, `SELECT concat_ws(' ', 'class', c.oid::regclass, c.relkind, pg_get_userbyid(c.relowner), CASE c.relkind WHEN 'S' THEN ${acl('c.relacl', 's', 'c.relowner')} ELSE ${acl('c.relacl', 'r', 'c.relowner')} END) AS line FROM pg_class c WHERE c.oid >= 16384 AND c.relkind NOT IN ('i', 't', 'I') AND c.relpersistence <> 't'
    UNION ALL SELECT concat_ws(' ', 'routine', oid::regprocedure, pg_get_userbyid(proowner), ${acl('proacl', 'f', 'proowner')}) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'schema', nspname, pg_get_userbyid(nspowner), ${acl('nspacl', 'n', 'nspowner')}) FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT concat_ws(' ', 'extension', extname) FROM pg_extension
    UNION ALL SELECT concat_ws(' ', 'type', oid::regtype, pg_get_userbyid(typowner)) FROM pg_type WHERE oid >= 16384 AND typnamespace::regnamespace::text !~ '^pg_temp'
    UNION ALL SELECT concat_ws(' ', 'defaults', defaclrole::regrole, defaclobjtype, defaclacl) FROM pg_default_acl
    UNION ALL SELECT concat_ws(' ', 'database', datname, pg_get_userbyid(datdba), datconnlimit, ${acl('datacl', 'd', 'datdba')}, shobj_description(oid, 'pg_database')) FROM pg_database WHERE datname = '${name}'
    UNION ALL SELECT concat_ws(' ', 'settings', setrole::regrole, setconfig) FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '${name}')
    UNION ALL SELECT concat_ws(' ', 'role', rolname, rolcanlogin, rolconnlimit) FROM pg_roles WHERE rolname LIKE '${name}\\_%'
    UNION ALL SELECT concat_ws(' ', 'member', roleid::regrole, member::regrole, admin_option) FROM pg_auth_members WHERE roleid::regrole::text LIKE '${name}\\_%' ORDER BY 1`);
  return rows.map(({ line }) => String(line));
}

/** An application at work: reads, writes, and changes its schema, on old connections and new ones. */
export class Application {
  public readonly errors: string[] = [];
  public rounds = 0;
  private going = true;
  private readonly done: Promise<unknown>;

  public constructor(private readonly broker: BrokerFixture, private readonly database: string, private readonly user: { readonly user: string; readonly password: string }) {
    this.done = Promise.all([this.pooled(), this.fresh()]);
  }

  /** Waits until it has worked a while longer. */
  public async goesOn(): Promise<void> {
    const until = this.rounds + 3;
    while (this.rounds < until && this.errors.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it; answers with what went wrong. */
  public async stop(): Promise<string[]> {
    this.going = false;
    await this.done;
    return this.errors;
  }

  private async pooled(): Promise<void> {
    const client = await this.broker.postgres.connect({ ...this.user, database: this.database });
    await this.work(client);
    await client.end();
  }

  private async fresh(): Promise<void> {
    for (let n = 0; this.going; n += 1) {
      const client = await this.broker.postgres.connect({ ...this.user, database: this.database }).catch((error: Error) => void this.errors.push(`connect: ${error.message}`));
      const table = `public.made_by_${this.user.user}_${n % 5}`;
      await client?.query(`CREATE TABLE ${table} (id serial); INSERT INTO ${table} DEFAULT VALUES; CREATE TEMPORARY TABLE scratch (id int); DROP TABLE ${table}`)
        .catch((error: Error) => void this.errors.push(`schema: ${error.message}`));
      await client?.end();
    }
  }

  private async work(client: Client): Promise<void> {
    const statements = ['INSERT INTO public.orders (total) VALUES (1)', "UPDATE public.orders SET state = 'paid' WHERE id = 1", 'INSERT INTO sales.items (order_id) SELECT min(id) FROM public.orders',
      'SELECT * FROM sales.items LIMIT 1', 'SELECT total()', "INSERT INTO public.parted VALUES (1, '2026-01-01')", 'DELETE FROM sales.items', 'SELECT count(*) FROM orders'];
    for (; this.going; this.rounds += 1) {
      for (const statement of statements) {
        await client.query(statement).catch((error: Error) => void this.errors.push(`${statement}: ${error.message}`));
      }
    }
  }
}
