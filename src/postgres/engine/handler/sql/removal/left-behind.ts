const OPENING = 'cdk-private-backend:{"leftBehindBy":';

/**
 * The comment of an object that a removed login left to the owner of the database. The groups of the database had no rights on it, and get
 * none by themselves. The owner may change the comment as it may grant the rights.
 */
export function leftBehindComment(login: string, existing: string | null): string {
  const lines = (existing ?? '').split('\n');
  const rest = lines[0].startsWith(OPENING) ? lines.slice(1) : lines;
  const own = rest.join('\n');
  return `${OPENING}${JSON.stringify(login)}}${own === '' ? '' : `\n${own}`}`;
}

/**
 * SQL condition: a removed login left the object to the owner, or the table that the sequence belongs to. Nobody but its owner gets rights on it.
 *
 * @param catalog `pg_class` or `pg_namespace`
 * @param oid SQL for the id of the object
 */
export function isLeftBehindSql(catalog: 'pg_class' | 'pg_namespace', oid: string): string {
  return `EXISTS (SELECT FROM pg_description left_behind WHERE left_behind.classoid = '${catalog}'::regclass AND left_behind.objsubid = 0
    AND starts_with(left_behind.description, '${OPENING}') AND (left_behind.objoid = ${oid} OR left_behind.objoid IN (SELECT o.refobjid FROM pg_depend o
      WHERE o.classid = '${catalog}'::regclass AND o.objid = ${oid} AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i'))))`;
}
