import { BrokerError } from '../../broker-error';
import type { ServerConnection, SqlFailure, SqlRequest } from '../../broker.contract';

/** What CloudFormation shows has to hold the conductor's words too. */
const LONGEST_MESSAGE = 900;
/** A log takes it all. */
const LONGEST_REPORT = 100_000;
const MASK = '********';
const NETWORK = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EPIPE', 'ENETDOWN'];
/** Node.js gives these no code. */
const SOCKET_LOST = /socket (hang up|disconnected)/i;

const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;
const TLS_ADVICE = 'The certificate of the server isn\'t from the configured authorities, or isn\'t for this host name. Use the server\'s own endpoint, and set `caCertificates` to its authorities.';

/** The words of a driver for failures that it gives no code. */
export interface DriverWords {
  /** That the connection is gone. */
  readonly lost?: RegExp;
  /** That the server offers no TLS. */
  readonly withoutTls?: RegExp;
}

/** The failure of a connection that is the same for every engine: the network, or a server that does not prove who it is. */
export function connectionFailure(parts: ErrorParts, { server: { host, port } }: SqlRequest, words: DriverWords = {}): BrokerError | undefined {
  const { code, text } = parts;
  if (TLS.test(code) || words.withoutTls?.test(text)) {
    return new BrokerError(code, `The connection to '${host}:${port}' isn't trusted (${code}: ${text}). ${TLS_ADVICE}`);
  }
  return NETWORK.includes(code) || isLost(text, words) ? notReady(parts, { host, port }) : undefined;
}

function isLost(text: string, { lost }: DriverWords): boolean {
  return SOCKET_LOST.test(text) || lost?.test(text) === true;
}

/** A server that is not there, or takes no requests yet: the same request may succeed later. */
export function notReady({ code, text, detail }: ErrorParts, { host, port }: Pick<ServerConnection, 'host' | 'port'>): BrokerError {
  return new BrokerError(code, `The server '${host}:${port}' didn't accept requests until the deadline (${code}: ${text}${detail ? ` (${detail})` : ''}).`, { retry: true, unreachable: true });
}

/** What the handler answers for an error: short, and without anything secret. */
export function toFailure(error: BrokerError, request: SqlRequest, verifiers?: RegExp): SqlFailure {
  const message = redact(error.message, secretsOf(request), verifiers);
  const longest = error.whole ? LONGEST_REPORT : LONGEST_MESSAGE;
  return {
    code: error.code,
    message: message.length <= longest ? message : `${message.slice(0, longest - 1)}…`,
    ...(error.whole && { whole: true }),
    unreachable: error.unreachable,
    wrongPassword: error.wrongPassword,
  };
}

/** Takes passwords, and the forms that an engine gives them, out of a text. */
export function redact(text: string, secrets: string[], verifiers?: RegExp): string {
  const known = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  const withoutVerifiers = verifiers === undefined ? text : text.replace(verifiers, MASK);
  return known.reduce((cleaned, secret) => cleaned.replaceAll(secret, MASK), withoutVerifiers);
}

/** What the request is about, as the subject of a message. */
export function objectOf(request: SqlRequest): string {
  switch (request.operation) {
    case 'convergeDatabase': return `Database '${request.database.databaseName}'`;
    case 'deleteDatabase': return `Database '${request.databaseName}'`;
    default: return `User '${request.user.username}'`;
  }
}

/** What the server refused to do, as the beginning of a message. */
export function refusedTask(request: SqlRequest): string {
  const task = request.operation.startsWith('converge') ? 'created or changed' : request.operation.startsWith('delete') ? 'deleted' : 'read';
  return `${objectOf(request)} can't be ${task}`;
}

function secretsOf(request: SqlRequest): string[] {
  const server: ServerConnection = request.server;
  const passwords = request.operation === 'convergeUser' ? Object.values(request.passwords) : [];
  return [server.password, ...passwords.filter((password) => password !== undefined)];
}

/** What a driver throws: its code, its text, and the detail that a server adds. */
export interface ErrorParts {
  readonly code: string;
  readonly text: string;
  readonly detail: string;
}

/** Takes apart whatever a driver throws. */
export function partsOf(error: unknown, words: DriverWords = {}): ErrorParts {
  const parts: { code?: unknown; message?: unknown; detail?: unknown; errors?: unknown[] } = Object(error);
  if (Array.isArray(parts.errors) && parts.errors.length > 0) {
    // One for each address of the host.
    return partsOf(parts.errors[parts.errors.length - 1], words);
  }
  const text = typeof parts.message === 'string' ? parts.message : String(error);
  const code = typeof parts.code === 'string' ? parts.code : isLost(text, words) ? 'CONNECTION_LOST' : 'UNEXPECTED';
  return { code, text, detail: typeof parts.detail === 'string' ? parts.detail : '' };
}
