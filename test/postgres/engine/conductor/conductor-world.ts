import { ConductorEnv, type SqlRequest, type SqlResponse } from '../../../../src/broker/broker.contract';
import type { Clock } from '../../../../src/broker/handler/clock';
import { handleConductorRequest } from '../../../../src/postgres/engine/handler/conductor/handle-conductor-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../../../src/postgres/engine/postgres.contract';
import { ADMIN_PASSWORD, NeutralWorld } from '../../../broker/conductor/world';

export { ADMIN_PASSWORD, impatientClock, STACK, type Answer } from '../../../broker/conductor/world';

/** Everything around the conductor of PostgreSQL. */
export class ConductorWorld extends NeutralWorld {
  public constructor(sql: (request: SqlRequest, until: number) => Promise<SqlResponse>, clock?: Clock) {
    super(handleConductorRequest, sql, clock);
    this.secrets.put(this.adminSecret, { username: 'postgres', password: ADMIN_PASSWORD });
    this.env[ConductorEnv.PORT] = '5432';
  }

  /** Properties of a user. */
  public user(secretArn: string, properties: object = {}) {
    return {
      ResourceType: USER_RESOURCE_TYPE,
      LogicalResourceId: 'Api',
      ResourceProperties: { ServiceToken: 'conductor', Username: 'api', DatabaseName: 'app', Access: 'READ_WRITE', SecretArn: secretArn, ...properties },
    };
  }

  /** Properties of a database. */
  public database(properties: object = {}) {
    return {
      ResourceType: DATABASE_RESOURCE_TYPE,
      LogicalResourceId: 'Database',
      ResourceProperties: { ServiceToken: 'conductor', DatabaseName: 'app', ...properties },
    };
  }
}

/** A server that never answers. */
export function unreachable(code = 'ETIMEDOUT'): SqlResponse {
  return { ok: false, error: { code, message: `Server db.example.internal:5432 was not reached (${code}).`, unreachable: true, wrongPassword: false } };
}
