import type { OwnerMark, SqlRequest } from '../broker.contract';
import type { SqlDependencies } from './dependencies';
import { readMark } from './owner-mark';
import { literal } from './quote';
import { withSession } from './session';

type Request = Extract<SqlRequest, { operation: 'inspectUser' }>;

/** Answers who owns a role now, if it exists and has an owner mark. Needs no lock: it changes nothing. */
export async function inspectUser(request: Request, deps: SqlDependencies): Promise<OwnerMark | undefined> {
  const { server, username, deadline } = request;
  return withSession(() => deps.connect(server, 'postgres', deadline), async (session) => {
    const [rows] = await session.read([`SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = ${literal(username)}`]);
    const comment = rows[0]?.comment;
    const mark = readMark(typeof comment === 'string' ? comment : undefined);
    return mark && { stackId: mark.stackId, logicalId: mark.logicalId, ...(mark.secretArn === undefined ? {} : { secretArn: mark.secretArn }) };
  });
}
