import type { OwnerMark, SqlRequest, SqlResponse } from '../../../../src/broker/broker.contract';

interface Role {
  password: string;
  mark: OwnerMark;
}

/** The contract of the SQL function over a map: for what the conductor decides, not for SQL. */
export class FakeSql {
  public readonly roles = new Map<string, Role>();
  public readonly databases = new Map<string, OwnerMark>();
  public readonly requests: SqlRequest[] = [];
  /** Taken, one for each request, before the real answer. */
  public readonly failures: (SqlResponse | undefined)[] = [];

  public readonly handle = async (request: SqlRequest): Promise<SqlResponse> => {
    this.requests.push(request);
    await new Promise((resolve) => setImmediate(resolve));
    return this.failures.shift() ?? this.perform(request);
  };

  private perform(request: SqlRequest): SqlResponse {
    const { mark } = request;
    switch (request.operation) {
      case 'inspectUser': return this.refusalOf(request) ?? { ok: true, changes: [], mark: this.roles.get(request.user.username)?.mark };
      case 'convergeUser': {
        const refusal = this.refusalOf(request);
        if (refusal) {
          return refusal;
        }
        this.roles.set(request.user.username, { password: request.passwords[request.user.username]!, mark });
        break;
      }
      case 'deleteUser': this.drop(this.roles, request.user.username, this.roles.get(request.user.username)?.mark, mark); break;
      case 'convergeDatabase': this.databases.set(request.database.databaseName, mark); break;
      case 'deleteDatabase': this.drop(this.databases, request.databaseName, this.databases.get(request.databaseName), mark); break;
    }
    return { ok: true, changes: [] };
  }

  private refusalOf({ user: { username }, mark, adoptExisting }: Extract<SqlRequest, { operation: 'inspectUser' | 'convergeUser' }>): SqlResponse | undefined {
    const existing = this.roles.get(username);
    const isForeign = existing !== undefined && existing.mark.stackId !== mark.stackId && !adoptExisting;
    return isForeign ? { ok: false, error: { code: 'NOT_OWNED', message: `Role "${username}" belongs to another stack.`, unreachable: false, wrongPassword: false } } : undefined;
  }

  private drop(objects: Map<string, unknown>, name: string, owner: OwnerMark | undefined, mark: OwnerMark): void {
    if (owner?.stackId === mark.stackId && owner.logicalId === mark.logicalId) {
      objects.delete(name);
    }
  }
}
