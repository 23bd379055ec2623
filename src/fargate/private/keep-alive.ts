import { type Duration, Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

const VARIABLE = 'KEEP_ALIVE_TIMEOUT_SECONDS';

/** So much longer than an edge its targets keep a connection without requests. */
const MARGIN_SECONDS = 5;

/** What edges do that nobody told otherwise, and what services outlive by themselves. */
const USUAL_SECONDS = 60;

/**
 * Tells a service how long to keep connections on which no request comes: longer than every edge that routes to it, or an edge
 * would send a request into a connection that is just being closed, and answer it with 502.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
 */
export class KeepAlive {
  private longest = 0;
  private isUnusual = false;

  constructor(private readonly scope: IConstruct, private readonly container: ecs.ContainerDefinition, private readonly environment: { [name: string]: string }) {}

  public outlive(idleTimeout?: Duration): void {
    const seconds = idleTimeout?.toSeconds() ?? USUAL_SECONDS;
    this.longest = Math.max(this.longest, seconds);
    this.isUnusual ||= idleTimeout !== undefined;
    const given = this.environment[VARIABLE];
    if (given === undefined) {
      this.tell();
    } else if (!Token.isUnresolved(given) && !(Number(given) > seconds)) {
      throw new InvalidBackendError(this.scope, `environment sets '${VARIABLE}' to '${given}', and an edge that routes to this service keeps idle connections for ${seconds} seconds. `
        + `Set more than that, or leave it out for ${seconds + MARGIN_SECONDS}.`);
    }
  }

  private tell(): void {
    if (this.isUnusual) {
      this.container.addEnvironment(VARIABLE, `${this.longest + MARGIN_SECONDS}`);
    }
  }
}
