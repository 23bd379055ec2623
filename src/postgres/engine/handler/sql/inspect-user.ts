import type { SqlDependencies } from './dependencies';
import { literal } from './quote';
import { withSession } from './session';
import type { OwnerMark } from '../../../../broker/broker.contract';
import { readMark } from '../../../../broker/handler/sql/owner-mark';
import type { PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'inspectUser'>;

/** Answers who owns a user now, if one of its logins exists and has an owner mark. Needs no lock: it changes nothing. */
export async function inspectUser(request: Request, deps: SqlDependencies): Promise<OwnerMark | undefined> {
  const { server, user: { logins }, deadline } = request;
  return withSession(() => deps.connect(server, 'postgres', deadline), async (session) => {
    const [rows] = await session.read([`SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname IN (${logins.map(literal).join(', ')})`]);
    const mark = rows.map(({ comment }) => readMark(typeof comment === 'string' ? comment : undefined)).find((found) => found !== undefined);
    return mark && { stackId: mark.stackId, logicalId: mark.logicalId, ...(mark.secretArn === undefined ? {} : { secretArn: mark.secretArn }) };
  });
}
