import { schemasSql, sequencesSql, tablesWithoutCodeSql } from './code-on-tables';
import { leftBehindComment } from './left-behind';
import { inDatabaseNote, type Leaving } from './role';
import { enter, touchedDatabases, type TouchedDatabase } from './touched';
import type { Step } from '../../../../../broker/handler/sql/step';
import { groupRoles } from '../../../names';
import { identifier, literal } from '../quote';
import { onlyValue, type SqlSession } from '../session';
import { applyInSteps, whereAllowed } from '../small-steps';

/** Objects that are read at once. */
const PAGE = 500;

interface Movable {
  readonly oid: number;
  readonly name: string;
  readonly kind: 'TABLE' | 'SEQUENCE' | 'SCHEMA';
  readonly comment: string | null;
}

/**
 * Leaves data without code to the owner of each database of this library. Code stays with the role that made it: with another owner it would run
 * with other rights. Nobody gets rights on what moves, which the removed login may have kept to itself.
 */
export async function handOver(leaving: Leaving): Promise<void> {
  for (const database of await touchedDatabases(leaving)) {
    if (database.ours && database.enterable && database.keeps) {
      await enter(leaving, database.name, (session) => handOverIn(session, leaving, database));
    }
  }
}

async function handOverIn(session: SqlSession, leaving: Leaving, database: TouchedDatabase): Promise<void> {
  const { oid } = leaving;
  // Tables and sequences are chosen while the schemas still are the role's: whoever gets a schema may have things in it.
  const lists = await session.read([schemasSql(oid), tablesWithoutCodeSql(oid, database.ownerOid), sequencesSql(oid, database.ownerOid)]);
  const [schemas, tables, sequences] = lists.map((rows) => onlyValue<number[]>(rows));
  for (const [catalog, oids] of [['pg_namespace', schemas], ['pg_class', [...tables, ...sequences]]] as const) {
    for (let start = 0; start < oids.length; start += PAGE) {
      await movePage(session, leaving, database, catalog, oids.slice(start, start + PAGE));
    }
  }
}

async function movePage(session: SqlSession, leaving: Leaving, database: TouchedDatabase, catalog: 'pg_class' | 'pg_namespace', oids: number[]): Promise<void> {
  const objects = await readMovable(session, leaving.oid, catalog, oids);
  await applyInSteps(session, objects.map((object) => moveStep(object, leaving.name, database.owner)), leaving.pace);
  const staying = new Set((await readMovable(session, leaving.oid, catalog, oids)).map(({ oid }) => oid));
  for (const object of objects.filter(({ oid }) => !staying.has(oid))) {
    leaving.ledger.changes.add(inDatabaseNote(`${alterOwner(object, database.owner)}; -- rights that it did not have: ${sharing(object, database.name)}`, database.name));
  }
}

async function readMovable(session: SqlSession, role: string, catalog: 'pg_class' | 'pg_namespace', oids: number[]): Promise<Movable[]> {
  const list = oids.join(', ');
  const [rows] = await session.read([catalog === 'pg_class'
    ? `SELECT c.oid::int8 AS oid, c.oid::regclass::text AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, obj_description(c.oid, 'pg_class') AS comment
      FROM pg_class c WHERE c.oid IN (${list}) AND c.relowner = ${role} ORDER BY c.oid`
    : `SELECT n.oid::int8 AS oid, quote_ident(n.nspname) AS name, 'SCHEMA' AS kind, obj_description(n.oid, 'pg_namespace') AS comment
      FROM pg_namespace n WHERE n.oid IN (${list}) AND n.nspowner = ${role} ORDER BY n.oid`]);
  return rows.map(({ oid, name, kind, comment }) => ({
    oid: Number(oid), name: String(name), kind: kind as Movable['kind'], comment: typeof comment === 'string' ? comment : null,
  }));
}

function moveStep(object: Movable, login: string, heir: string): Step {
  const comment = leftBehindComment(login, object.comment);
  return whereAllowed(alterOwner(object, heir), `COMMENT ON ${object.kind} ${object.name} IS ${literal(comment)}`);
}

function alterOwner({ kind, name }: Movable, heir: string): string {
  return `ALTER ${kind} ${name} OWNER TO ${identifier(heir)}`;
}

/** What an operator may run, so that users of the database may use it. */
function sharing({ kind, name }: Movable, databaseName: string): string {
  const privileges = { TABLE: 'SELECT, INSERT, UPDATE, DELETE', SEQUENCE: 'USAGE, SELECT, UPDATE', SCHEMA: 'USAGE' }[kind];
  return `GRANT ${privileges} ON ${kind} ${name} TO ${identifier(groupRoles(databaseName).readWrite)}`;
}
