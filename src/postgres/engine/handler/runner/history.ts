import type { Change, EngineHistory, Query } from '../../../../migrations/handler/runner/runner-dialect';
import type { EngineName } from '../../../../migrations/shared/runner.contract';

/** Where engines keep what they have applied on PostgreSQL. */
export const HISTORY: Record<EngineName, EngineHistory> = {
  goose: {
    findTable: "SELECT to_regclass('goose_db_version')::text AS name",
    // The newest row of a version counts: old releases of goose recorded an undone version with another row.
    listApplied: (table) => `SELECT version FROM (SELECT DISTINCT ON (version_id) version_id::text AS version, is_applied FROM ${table} ORDER BY version_id, id DESC) v
      WHERE is_applied AND version <> '0'`,
  },
  dbmate: {
    findTable: "SELECT to_regclass(format('%I.%I', current_schema(), 'schema_migrations'))::text AS name",
    listApplied: (table) => `SELECT version FROM ${table}`,
  },
};

/**
 * Takes the engine's version table, and the sequence in it, from everybody but the owner. The default privileges of the database gave
 * it to the application's roles when the engine made it, and whoever can write it can undo or skip a migration.
 */
export async function protectHistory(engine: EngineName, query: Query, change: Change): Promise<void> {
  const table = (await query(HISTORY[engine].findTable))[0]?.name;
  if (!table) return;
  const [exposed] = await query(`SELECT string_agg(format('REVOKE ALL ON %s %s FROM %s CASCADE', kind, name, grantees), '; ') AS revoke FROM (
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::regclass AS name,
      string_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', ') AS grantees
    FROM pg_class c, aclexplode(c.relacl) a, (SELECT to_regclass(${literal(table)}) AS oid) history
    WHERE (c.oid = history.oid OR c.oid IN (SELECT objid FROM pg_depend WHERE refobjid = history.oid
        AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
      AND c.relkind IN ('r', 'p', 'S') AND a.grantee <> c.relowner AND pg_has_role(c.relowner, 'USAGE')
    GROUP BY 1, 2) granted`);
  if (exposed?.revoke) await change(exposed.revoke);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
