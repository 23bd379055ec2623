/** The database did not answer in time. The caller may try again. */
export class DatabaseUnavailableError extends Error {
  public readonly statusCode = 503;

  public constructor(cause: unknown) {
    super('The database is not available at the moment. Try again.', { cause });
  }
}

/** The server is a standby: what it says may be old, and it stores nothing. */
export class StandbyError extends Error {
  public constructor() {
    super('The server is a standby');
  }
}

/**
 * SQLSTATEs of a server that is away or changes its role: classes 08 (connection) and 57P (shutdown, crash, starting up), 25006 (read-only), 53300 (too
 * many connections), 57014 (the statement took too long). Then codes of sockets and of names.
 */
const AWAY = /^(08...|57P0.|25006|53300|57014|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** What the driver says without a code. */
const LOST = /connection terminated|connection timeout|trying to connect|not queryable|query read timeout|establishing an SSL connection/i;

/** Whether a statement met a server that is away, and may be run again on another connection. */
export function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return error instanceof StandbyError || (code === undefined ? LOST.test(message ?? '') : AWAY.test(code));
}
