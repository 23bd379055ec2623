import type { IConstruct } from 'constructs';

/** Thrown at synth when a construct is used wrongly. Says what is wrong, the value, what is allowed, and where. */
export class InvalidBackendError extends Error {
  public constructor(scope: IConstruct | undefined, message: string) {
    const path = scope?.node.path;
    super(path ? `${message} (at '${path}')` : message);
    this.name = 'InvalidBackendError';
  }
}

/** Throws an error about one thing. */
export type Refuse = (message: string) => never;

/** How code that checks one thing says what is wrong with it. */
export function refuseOf(scope: IConstruct, what: string): Refuse {
  return (message) => {
    throw new InvalidBackendError(scope, `${what}: ${message}`);
  };
}
