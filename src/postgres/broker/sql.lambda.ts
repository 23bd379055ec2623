import type { SqlRequest, SqlResponse } from './broker.contract';
import { handleSqlRequest } from './sql/handle-sql-request';

/** The SQL function: runs one request of the conductor. It has no permissions, and answers a failed request instead of throwing. */
export async function handler(request: SqlRequest): Promise<SqlResponse> {
  return handleSqlRequest(request);
}
