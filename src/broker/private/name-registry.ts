import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import type { BrokerEngine } from '../broker-engine';

/** Who declared which name on one server. Tokens are compared as what they are: the same token is the same name. */
export class NameRegistry {
  private readonly roles = new Map<string, IConstruct>();
  private readonly databases = new Map<string, IConstruct>();

  public constructor(private readonly engine: BrokerEngine, private readonly adminUsername: string) {}

  /** A login of a user. */
  public reserveRole(scope: IConstruct, username: string): void {
    if (!Token.isUnresolved(username) && username === this.adminUsername) {
      throw new InvalidBackendError(scope, 'DatabaseServer.adminName', `'${username}' is the server's admin, which this library connects as. Set another \`username\`.`);
    }
    reserve(this.roles, scope, username, 'role', '`username`');
  }

  /** A database, with the roles that hold its grants. */
  public reserveDatabase(scope: IConstruct, databaseName: string): void {
    reserve(this.databases, scope, databaseName, 'database', '`databaseName`');
    this.engine.rolesOf(databaseName).forEach(role => reserve(this.roles, scope, role, 'role', '`username` or `databaseName`'));
  }
}

function reserve(names: Map<string, IConstruct>, scope: IConstruct, name: string, what: string, prop: string): void {
  const other = names.get(name);
  if (other !== undefined) {
    throw new InvalidBackendError(scope, 'DatabaseServer.duplicateName', `The ${what} '${name}' is declared twice on one server: by '${other.node.path}' and by '${scope.node.path}'. Set another ${prop} on one of them.`);
  }
  names.set(name, scope);
}
