/** Why the runner ends with an exit code other than 0. The message is for people and never holds a secret. */
export class RunnerFailure extends Error {
  constructor(public readonly exitCode: number, message: string) {
    super(message);
    this.name = 'RunnerFailure';
  }
}

/** The `code` of an error, where it has one: an SQLSTATE, or a network error of Node.js. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** What went wrong, in words, also where Node.js has tried several addresses and put nothing into the message. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}

const NETWORK = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA',
]);

/**
 * Classes of SQLSTATE that go away by themselves: connection failures (08), a server that starts, stops or fails over (57P01 to
 * 57P03), a standby that is not yet the writer (25006), too many connections (53300).
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING = /^(08...|57P0[1-3]|25006|53300)$/;

/** Whether waiting may help. A refused password or certificate stays refused. */
export function isPassing(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isPassing);
  const code = codeOf(error);
  if (code !== '') return NETWORK.has(code) || PASSING.test(code);
  // node-postgres gives these no code.
  return /^(Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error)/.test(messageOf(error));
}
