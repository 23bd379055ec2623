/** Why the runner ends with an exit code other than 0. The message is for people and never holds a secret. */
export class RunnerFailure extends Error {
  constructor(public readonly exitCode: number, message: string) {
    super(message);
    this.name = 'RunnerFailure';
  }
}

/** The `code` of an error, where it has one: one of the server, or a network error of Node.js. */
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

/** Whether an error is one of the network, which may pass. */
export function isNetworkCode(code: string): boolean {
  return NETWORK.has(code);
}
