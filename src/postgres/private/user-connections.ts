import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServiceBindingOptions } from '../../binding';
import { UserConnections, assumedByPosture } from '../../broker/connection-limit';
import { Posture } from '../../posture';
import { InvalidBackendError, problem } from '../../private/errors';

/** Migrations take two, one for the engine and one for its lock; the rest is for people. */
const OWNER_CONNECTIONS = 10;

/** What is known of a user before services connect. */
export interface CountedUser {
  readonly isOwner: boolean;
  readonly poolSize: number;
  /** None where it is computed. */
  readonly connectionLimit?: number;
}

/** Counts the services that connect as a user, and refuses a limit that does not suffice for them. */
export class CountedConnections {
  /** What the limit is computed of; nothing where the user has one of its own. */
  public readonly computed?: UserConnections;
  private readonly services: UserConnections;

  public constructor(private readonly scope: IConstruct, private readonly user: CountedUser) {
    const { isOwner, poolSize, connectionLimit } = user;
    if (connectionLimit === undefined && Token.isUnresolved(poolSize)) {
      throw new InvalidBackendError(scope, 'PostgresUser.tokenPoolSize', '`poolSize` isn\'t known until deployment (it\'s a token), so the default of `connectionLimit` can\'t be computed. Set `connectionLimit`.');
    }
    const assumed = isOwner ? { connections: OWNER_CONNECTIONS, arithmetic: String(OWNER_CONNECTIONS) } : assumedByPosture(poolSize, Posture.of(scope));
    this.services = new UserConnections(poolSize, assumed);
    this.computed = connectionLimit === undefined ? this.services : undefined;
    scope.node.addValidation({ validate: () => this.findShortage() });
  }

  /** Counts a service. */
  public add(service: IConstruct, { prefix, maxTasks }: ServiceBindingOptions): void {
    if (this.computed !== undefined && maxTasks !== undefined && Token.isUnresolved(maxTasks)) {
      throw new InvalidBackendError(service, 'PostgresUser.tokenMaxTasks', `\`maxTasks\` isn't known until deployment (it's a token), so the connection limit of '${this.scope.node.path}' can't be computed. `
        + 'Set `connectionLimit` of that user.');
    }
    this.services.add(service.node.path, prefix, maxTasks);
  }

  private findShortage(): string[] {
    const { connectionLimit = -1, poolSize } = this.user;
    if (Token.isUnresolved(connectionLimit) || connectionLimit === -1 || Token.isUnresolved(poolSize) || this.services.counted <= connectionLimit) {
      return [];
    }
    return [problem('PostgresUser.limitBelowTasks', `\`connectionLimit\` is ${connectionLimit}, and the services that connect as this user can open ${this.services.counted} connections, `
      + `which is \`poolSize\` × \`maxTasks\` × 2 (a deployment runs old and new tasks): ${this.services.list}. `
      + `Remove \`connectionLimit\`, set it to at least ${this.services.counted}, or reduce \`poolSize\` of the user or \`maxTasks\` of the services.`)];
  }
}
