import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { TaskContainerDefinition } from './task-container';
import type { TaskVariables } from './task-variables';
import { InvalidBackendError } from '../../private/errors';

const VARIABLE = 'KEEP_ALIVE_TIMEOUT_SECONDS';

/** So much longer than an ingress its targets keep a connection without requests. */
const MARGIN_SECONDS = 5;

/** What ingresses do that nobody told otherwise, and what services outlive by themselves. */
const USUAL_SECONDS = 60;

/**
 * Tells a service how long to keep connections on which no request comes: longer than every ingress that routes to it, or an ingress
 * would send a request into a connection that is just being closed, and answer it with 502.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
 */
export class KeepAlive {
  private longest = 0;
  private isUnusual = false;

  constructor(private readonly scope: IConstruct, private readonly container: TaskContainerDefinition, private readonly variables: TaskVariables) {}

  public outlive(idleTimeout?: Duration): void {
    const seconds = idleTimeout?.toSeconds() ?? USUAL_SECONDS;
    this.longest = Math.max(this.longest, seconds);
    this.isUnusual ||= idleTimeout !== undefined;
    this.tell();
    this.check(seconds);
  }

  /** Looks again at a variable of somebody else, which may have come after the ingresses. */
  public check(seconds = this.longest): void {
    const given = this.variables.valueOf(VARIABLE);
    if (typeof given === 'string' && !Token.isUnresolved(given) && !(Number(given) > seconds)) {
      throw new InvalidBackendError(this.scope, 'FargateApi.keepAlive', `\`environment\` sets '${VARIABLE}' to '${given}', but an ingress that routes to this service keeps idle connections for ${seconds} seconds. `
        + `A service that closes a connection first causes 502 errors. Set more than ${seconds}, for example '${seconds + MARGIN_SECONDS}', or remove the variable.`);
    }
  }

  private tell(): void {
    if (this.isUnusual) {
      this.container.suggestEnvironment(VARIABLE, `${this.longest + MARGIN_SECONDS}`);
    }
  }
}
