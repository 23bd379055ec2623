/** A failure that the user sees: what is wrong with which object, and what to do. */
export class ConductorError extends Error {
  /**
   * @param code error code of the server, AWS error name, or a code of this library
   * @param whole whether it is a report, for which CloudFormation's reason has all its room
   */
  public constructor(public readonly code: string, message: string, public readonly whole = false) {
    super(message);
    this.name = 'ConductorError';
  }
}

/** The server was never reached, so nothing was done. */
export class UnreachableError extends ConductorError {}

/** RDS still creates or changes the server, which took longer than one invocation may wait. */
export class ServerChangingError extends UnreachableError {}

/** The server does not exist any more: an error, except for who wants to delete something on it. */
export class ServerGoneError extends UnreachableError {}

/** The admin's password cannot be read because its secret does not exist any more. */
export class AdminSecretGoneError extends ConductorError {}

/** Name of an error as AWS clients set it. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

/** Message of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A text of another program, for a sentence that ends after it. */
export function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}
