import { dropOf, namedObject, namedObjectSql } from './objects';
import { inDatabaseNote, type Leaving } from './role';
import { enter, touchedDatabases } from './touched';
import { identifier } from '../quote';
import type { SqlSession } from '../session';
import { applyInSteps, whereAllowed } from '../small-steps';

/** Objects that are read at once. */
const PAGE = 500;

/** Drops all that a role owns, with what depends on it, in every database that the admin can enter. */
export async function dropOwned(leaving: Leaving): Promise<void> {
  const rest = `DROP OWNED BY ${identifier(leaving.name)} CASCADE`;
  for (const { name, enterable } of await touchedDatabases(leaving)) {
    if (enterable && await enter(leaving, name, async (session) => {
      await dropObjects(session, leaving);
      await applyInSteps(session, [whereAllowed(rest)], leaving.pace);
    })) {
      leaving.ledger.changes.add(inDatabaseNote(rest, name));
    }
  }
}

/** One by one, so that no transaction needs more locks than the server has. Ends where a page is the same as the one before: then the rest goes at once. */
async function dropObjects(session: SqlSession, { oid, pace }: Leaving): Promise<void> {
  for (let before = ''; ;) {
    const [rows] = await session.read([ownedSql(oid)]);
    const statements = rows.map((row) => dropOf(namedObject(row))).filter((statement) => statement !== undefined);
    const page = statements.join();
    if (statements.length === 0 || page === before) {
      return;
    }
    before = page;
    await applyInSteps(session, statements.map((statement) => whereAllowed(statement)), pace);
  }
}

/** Leaves of a tree before the tree, and schemas last. What goes with its table is not in the list. */
function ownedSql(role: string): string {
  return `SELECT ${namedObjectSql(role)} FROM (SELECT s.classid, s.objid FROM pg_shdepend s
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = ${role} AND s.deptype = 'o'
      AND s.classid NOT IN ('pg_user_mapping'::regclass, 'pg_default_acl'::regclass, 'pg_extension'::regclass)
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = s.classid AND x.objid = s.objid AND x.objsubid = 0
        AND (x.deptype IN ('e', 'i') OR (x.deptype = 'a' AND x.refclassid = 'pg_class'::regclass AND x.refobjsubid > 0)))
    ORDER BY s.classid = 'pg_namespace'::regclass, s.classid <> 'pg_class'::regclass, EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = s.objid), s.objid LIMIT ${PAGE}) s,
    LATERAL pg_identify_object(s.classid, s.objid, 0) i`;
}
