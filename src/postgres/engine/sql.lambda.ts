import { handleSqlRequest } from './handler/sql/handle-sql-request';
import type { SqlRequest, SqlResponse } from '../../broker/broker.contract';
import { atOwnServer } from '../../broker/handler/sql/own-server';

/** The SQL function: runs one request of the conductor. It has no permissions, and answers a failed request instead of throwing. */
export async function handler(request: SqlRequest): Promise<SqlResponse> {
  return handleSqlRequest(atOwnServer(request, process.env));
}
