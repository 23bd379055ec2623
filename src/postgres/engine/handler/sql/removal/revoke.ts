import { grantedAs, namedObject, namedObjectSql } from './objects';
import type { Leaving } from './role';
import type { Step } from '../../../../../broker/handler/sql/step';
import { identifier } from '../quote';
import type { Row, SqlSession } from '../session';
import { applyInSteps, whereAllowed } from '../small-steps';

/** Objects that are read at once. */
const PAGE = 500;
const HERE = '(SELECT oid FROM pg_database WHERE datname = current_database())';
const DEFAULTS: Readonly<Record<string, string>> = { r: 'TABLES', S: 'SEQUENCES', f: 'FUNCTIONS', T: 'TYPES', n: 'SCHEMAS', L: 'LARGE OBJECTS' };

/** Takes everything away from a role that stays for its code, as far as the admin may: what it may do in this database, and that others may call it. */
export async function revokeAll(session: SqlSession, leaving: Leaving): Promise<void> {
  await inPages(session, leaving, routinesSql(leaving.oid), revokeCalls);
  await inPages(session, leaving, rightsSql(leaving.oid, HERE), (row) => revokeRights(row, leaving.name));
  await inPages(session, leaving, defaultsSql(leaving.oid), revokeDefaults);
}

/** Statements that take away rights on databases and other things of the whole server; run in any database. */
export async function sharedRevokes({ server, oid, name }: Leaving): Promise<Step[]> {
  const [rows] = await server.read([rightsSql(oid, '0')("'(0,0)'")]);
  return rows.flatMap((row) => revokeRights(row, name));
}

/** Each query answers a page after a key, which is the last column `key` of the page before. */
async function inPages(session: SqlSession, { pace }: Leaving, pageSql: (after: string) => string, plan: (row: Row) => Step[]): Promise<void> {
  for (let after: string | undefined = "'(0,0)'"; after !== undefined;) {
    const [rows]: Row[][] = await session.read([pageSql(after)]);
    await applyInSteps(session, rows.flatMap((row) => plan(row)), pace);
    const last = rows.at(-1);
    after = last === undefined || rows.length < PAGE ? undefined : `'${String(last.key)}'`;
  }
}

/** Rows compare as records of text; a pair of ids needs types. */
const after = (columns: string, key: string) => `(${columns}) > (SELECT split_part(trim(k, '()'), ',', 1)::int8, split_part(trim(k, '()'), ',', 2)::int8 FROM (VALUES (${key}::text)) v(k))`;

const routinesSql = (role: string) => (key: string) => `SELECT format('(0,%s)', s.objid) AS key, ${namedObjectSql('0::oid')},
  (SELECT json_agg(DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.oid = s.objid AND a.grantee <> p.proowner) AS grantees
  FROM (SELECT 'pg_proc'::regclass::oid AS classid, oid AS objid FROM pg_proc WHERE proowner = ${role} AND ${after('0::int8, oid::int8', key)} ORDER BY oid LIMIT ${PAGE}) s,
  LATERAL pg_identify_object(s.classid, s.objid, 0) i ORDER BY s.objid`;

const rightsSql = (role: string, database: string) => (key: string) => `SELECT format('(%s,%s)', s.classid, s.objid) AS key, ${namedObjectSql('0::oid')}
  FROM (SELECT DISTINCT s.classid, s.objid FROM pg_shdepend s WHERE s.dbid = ${database} AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = ${role} AND s.deptype = 'a'
    AND s.classid <> 'pg_default_acl'::regclass AND ${after('s.classid::int8, s.objid::int8', key)} ORDER BY 1, 2 LIMIT ${PAGE}) s,
  LATERAL pg_identify_object(s.classid, s.objid, 0) i ORDER BY s.classid, s.objid`;

const defaultsSql = (role: string) => (key: string) => `SELECT format('(0,%s)', d.oid) AS key, d.defaclobjtype AS kind, quote_ident(pg_get_userbyid(d.defaclrole)) AS owner,
  (SELECT quote_ident(n.nspname) FROM pg_namespace n WHERE n.oid = d.defaclnamespace) AS schema,
  (SELECT json_agg(DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
    FROM aclexplode(d.defaclacl) a WHERE CASE WHEN d.defaclrole = ${role} THEN a.grantee <> ${role} ELSE a.grantee = ${role} END) AS grantees
  FROM pg_default_acl d WHERE (d.defaclrole = ${role} OR EXISTS (SELECT FROM aclexplode(d.defaclacl) a WHERE a.grantee = ${role})) AND ${after('0::int8, d.oid::int8', key)}
  ORDER BY d.oid LIMIT ${PAGE}`;

function revokeCalls(row: Row): Step[] {
  const object = grantedAs(namedObject(row));
  return object === undefined || !Array.isArray(row.grantees) ? [] : [whereAllowed(`REVOKE ALL ON ${object} FROM ${row.grantees.join(', ')} CASCADE`)];
}

function revokeRights(row: Row, role: string): Step[] {
  const object = grantedAs(namedObject(row));
  return object === undefined ? [] : [whereAllowed(`REVOKE ALL ON ${object} FROM ${identifier(role)} CASCADE`)];
}

function revokeDefaults({ kind, owner, schema, grantees }: Row): Step[] {
  const objects = DEFAULTS[String(kind)];
  const inSchema = typeof schema === 'string' ? ` IN SCHEMA ${schema}` : '';
  return objects === undefined || !Array.isArray(grantees) ? []
    : [whereAllowed(`ALTER DEFAULT PRIVILEGES FOR ROLE ${String(owner)}${inSchema} REVOKE ALL ON ${objects} FROM ${grantees.join(', ')} CASCADE`)];
}
