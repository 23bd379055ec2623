/** What became of the attempt that failed. */
export interface FailureNature {
  /** Whether the same request may succeed a moment later. */
  readonly retry?: boolean;
  /** Whether the server was not there, or not ready to work. */
  readonly unreachable?: boolean;
  /** Whether the server refused the admin's password. */
  readonly wrongPassword?: boolean;
  /** Whether the message is a report, of which nothing is cut off that anybody could show. */
  readonly whole?: boolean;
}

/** A failure that the user sees: what is wrong with which object, and what to do. */
export class BrokerError extends Error {
  public readonly retry: boolean;
  public readonly unreachable: boolean;
  public readonly wrongPassword: boolean;
  public readonly whole: boolean;

  public constructor(public readonly code: string, message: string, nature: FailureNature = {}) {
    super(message);
    this.name = 'BrokerError';
    this.retry = nature.retry ?? false;
    this.unreachable = nature.unreachable ?? false;
    this.wrongPassword = nature.wrongPassword ?? false;
    this.whole = nature.whole ?? false;
  }
}
