import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What errors and warnings have in front of their id. With it, warnings are acknowledged. */
const NAMESPACE = 'cdk-private-backend';

/**
 * Names one way to use the library wrongly: the class that the user wrote, and the reason. Never changes after a release, since users
 * search for it. `docs/errors.md` has a row for each.
 */
export type ProblemId = `${string}.${string}`;

/** Where the user wrote it: a construct, or a factory that has none, such as `PostgresCapacity.serverless()` or `new CostReport()`. */
export type ProblemSource = IConstruct | `${string}.${string}()` | `new ${string}()`;

/**
 * Thrown at synth when a construct is used wrongly. Says what is wrong, why, and what to write instead; then where, and the id.
 *
 * TypeScript and JavaScript have it: `error instanceof InvalidBackendError`, and `error.id`. To jsii it is internal, since a class of jsii
 * cannot extend `Error`; other languages get the message in an error of their own (`RuntimeError`, `JsiiException`), with the id at its end.
 *
 * @jsii ignore
 */
export class InvalidBackendError extends Error {
  public constructor(
    source: ProblemSource,
    /** What `docs/errors.md` lists: the class that was used wrongly, and the reason. It never changes after a release. */
    public readonly id: ProblemId,
    message: string,
  ) {
    super(`${message} (${locate(source)}) ${tag(id)}`);
    this.name = 'InvalidBackendError';
  }
}

/** A problem that is found once everything is declared, for `node.addValidation()`. CDK adds the path. */
export function problem(id: ProblemId, message: string): string {
  return `${message} ${tag(id)}`;
}

/** Warns about one thing. The user can acknowledge it by its id. */
export function warn(scope: IConstruct, id: ProblemId, message: string): void {
  Annotations.of(scope).addWarningV2(`${NAMESPACE}:${id}`, message);
}

/** Throws an error about one thing. */
export type Refuse = (id: ProblemId, message: string) => never;

/** How code that checks one thing says what is wrong with it. */
export function refuseOf(source: ProblemSource, what?: string): Refuse {
  return (id, message) => {
    throw new InvalidBackendError(source, id, what === undefined ? message : `${what}: ${message}`);
  };
}

function locate(source: ProblemSource): string {
  if (typeof source === 'string') {
    return `in ${source}`;
  }
  return source.node.path === '' ? 'at the app' : `at '${source.node.path}'`;
}

function tag(id: ProblemId): string {
  return `[${NAMESPACE}:${id}]`;
}
