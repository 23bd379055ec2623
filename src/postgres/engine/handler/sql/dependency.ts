/** SQL condition: an extension owns the object. */
export function isOfExtensionSql(catalog: string, oid: string): string {
  return dependsSql(catalog, oid, "x.deptype = 'e'");
}

/**
 * SQL condition: the object comes and goes with an extension, or with another object that it is a part of.
 *
 * The columns by which a table is partitioned depend on the table in the same way, which says nothing of the table.
 */
export function isPartOfAnotherSql(catalog: string, oid: string): string {
  return dependsSql(catalog, oid, "x.objsubid = 0 AND x.deptype IN ('e', 'i')");
}

function dependsSql(catalog: string, oid: string, how: string): string {
  return `EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND ${how})`;
}
