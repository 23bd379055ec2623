import type { Before } from './adoption';
import { ownerStatement } from './adoption-plan';
import { thingsSql, type Catalog, type ObjectKind } from './objects';
import { shownOf, sqlOf } from '../../../../../broker/handler/sql/step';
import { groupRoles } from '../../../names';
import type { LockedServer } from '../locked-server';
import { identifier, literal, splitSetting } from '../quote';
import type { DatabaseState } from '../server-state';
import type { SqlSession } from '../session';
import { planSettings } from '../settings-plan';
import { applyInSteps, whereAllowed, type Pace } from '../small-steps';

/** Brings back what a take-over has changed in a database: its owner, settings, what PUBLIC had, and the owners of objects. */
export async function giveBack(server: LockedServer, database: DatabaseState, before: Before, pace: Pace): Promise<string[]> {
  const name = identifier(database.name);
  const outside = [
    ...(before.owner === undefined || database.owner === before.owner ? [] : [`ALTER DATABASE ${name} OWNER TO ${identifier(before.owner)}`]),
    ...sqlOf(planSettings(`ALTER DATABASE ${name}`, database.settings, Object.fromEntries(before.settings.map(splitSetting)))),
    ...(before.open && before.open.database.length > 0 ? [`GRANT ${before.open.database.join(', ')} ON DATABASE ${name} TO PUBLIC`] : []),
  ];
  await server.apply(outside);
  const inside = await server.inDatabase(database.name, async (session) => {
    const statements = await insideStatements(session, database.name, before);
    const extensions = (before.extensions ?? []).map((extension) => whereAllowed(`DROP EXTENSION IF EXISTS ${identifier(extension)}`));
    // An extension that somebody uses by now stays.
    await applyInSteps(session, [...statements.map((sql) => ({ sql })), ...extensions], pace);
    return [...statements, ...shownOf(extensions)];
  });
  return [...outside, ...inside];
}

async function insideStatements(session: SqlSession, databaseName: string, { moved = {}, open, roleExisted }: Before): Promise<string[]> {
  const statements: string[] = open && open.schema.length > 0 ? [`GRANT ${open.schema.join(', ')} ON SCHEMA public TO PUBLIC`] : [];
  if (open && open.routines.length > 0) {
    const [rows] = await session.read([`SELECT t.name FROM (${thingsSql()}) t WHERE t.catalog = 'pg_proc' AND t.oid IN (${open.routines.map(Number).join(', ')}) ORDER BY 1`]);
    statements.push(...rows.map((row) => `GRANT EXECUTE ON ROUTINE ${String(row.name)} TO PUBLIC`));
  }
  for (const [owner, objects] of Object.entries(moved)) {
    const [rows] = await session.read([movedSql(databaseName, objects)]);
    statements.push(...rows.map((row) => ownerStatement({ kind: row.kind as ObjectKind, name: String(row.name) }, owner)));
  }
  // Another owner group takes its default privileges with it.
  const owner = identifier(groupRoles(databaseName).owner);
  return [...statements, ...(roleExisted ? ['SCHEMAS', 'TABLES', 'SEQUENCES'].map((kind) => `ALTER DEFAULT PRIVILEGES REVOKE ALL ON ${kind} FROM ${owner}`) : [])];
}

/** Those that are still there, and still where the take-over has put them. */
function movedSql(databaseName: string, objects: Partial<Record<Catalog, number[]>>): string {
  const chosen = Object.entries(objects).map(([catalog, oids]) => `t.catalog = ${literal(catalog)} AND t.oid IN (${oids.map(Number).join(', ')})`);
  return `SELECT t.kind, t.name FROM (${thingsSql()}) t WHERE pg_get_userbyid(t.owner) = ${literal(groupRoles(databaseName).owner)} AND (${chosen.join(' OR ')}) ORDER BY t.kind <> 'SCHEMA', 2`;
}
