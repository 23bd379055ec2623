import { BrokerError } from './broker-error';
import type { ServerConnection, SqlFailure, SqlRequest } from '../broker.contract';

const COLLISION_ATTEMPTS = 5;
/** What CloudFormation shows has to hold the conductor's words too. */
const LONGEST_MESSAGE = 900;

const RETRIED = ['40001', '40P01', '55P03', '55006'];
const NOT_READY = ['57P01', '57P02', '57P03', '57P05', '25006', '53300'];
const NETWORK = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EPIPE', 'ENETDOWN'];
const LOST = /Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error|socket (hang up|disconnected)/i;
/** Other sessions, not the broker's, changed or dropped the same object at the same moment. A few attempts tell. */
const COLLISION_CODES = ['42P01', '42883'];
const COLLISION = /tuple concurrently (updated|deleted)|cache lookup failed|could not open relation/i;

const ADVICE: Readonly<Record<string, string>> = {
  '28000': 'Let the admin log in with its password over TLS, and keep it out of rds_iam.',
  '28P01': 'Check that the secret of the admin holds its present password.',
  '3D000': 'The broker needs the database "postgres" on every server. Create it.',
  '42501': 'The admin needs CREATEROLE and CREATEDB, and must own the object or be a member of its owner.',
  '42710': 'Choose another name, or drop the object.',
  '0A000': 'Check that the server offers the extension in this version, and that shared_preload_libraries names it where it must.',
  '55000': 'Set the parameter in the parameter group, and restart the server where it asks for that.',
  '2BP01': 'Drop or reassign what depends on it; the detail names it.',
  '22023': 'Correct the value of the setting or the locale.',
  '42704': 'Correct the name.',
  '53100': 'The server\'s disk is full. Give it more storage.',
  '57014': 'A statement took longer than the deployment may wait. Deploy again when the server has less to do.',
};

const TLS_ADVICE = 'The server\'s certificate is not from the given authorities, or not for this host name. Use the server\'s own endpoint, and its authorities as caBundle.';

/** Whatever was thrown, in the form that users get: code, object, reason, advice, and never a password. */
export function toBrokerError(error: unknown, request: SqlRequest, attempt = 1): BrokerError {
  if (error instanceof BrokerError) {
    return error;
  }
  const { code, text, detail } = partsOf(error);
  const { host, port } = request.server;
  if (isTlsError(code, text)) {
    return new BrokerError(code, `No trusted connection to ${host}:${port} (${code}: ${text}). ${TLS_ADVICE}`);
  }
  const isNetwork = NETWORK.includes(code) || LOST.test(text);
  const unreachable = isNetwork || NOT_READY.includes(code) || code.startsWith('08');
  const collided = COLLISION_CODES.includes(code) || COLLISION.test(text);
  const nature = { retry: unreachable || RETRIED.includes(code) || (collided && attempt < COLLISION_ATTEMPTS), unreachable, wrongPassword: code === '28P01' };
  const reason = `${text}${detail ? ` (${detail})` : ''}`;
  const message = unreachable
    ? `The server ${host}:${port} does not take requests (${code}: ${reason}).`
    : `${objectOf(request)}: ${reason} (${code}). ${adviceFor(code, text)}`;
  return new BrokerError(code, message, nature);
}

/** What the handler answers for an error: short, and without anything secret. */
export function toFailure(error: BrokerError, request: SqlRequest): SqlFailure {
  const message = redact(error.message, secretsOf(request));
  return {
    code: error.code,
    message: message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 1)}…`,
    unreachable: error.unreachable,
    wrongPassword: error.wrongPassword,
  };
}

/** Takes passwords and verifiers out of a text. */
export function redact(text: string, secrets: string[]): string {
  const known = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return known.reduce((cleaned, secret) => cleaned.replaceAll(secret, '********'), text.replace(/SCRAM-SHA-256\$[^\s']+/g, '********'));
}

/** What the request is about, as the subject of a message. */
export function objectOf(request: SqlRequest): string {
  switch (request.operation) {
    case 'convergeDatabase': return `Database "${request.database.databaseName}"`;
    case 'deleteDatabase': return `Database "${request.databaseName}"`;
    case 'convergeUser': return `User "${request.user.username}"`;
    default: return `User "${request.username}"`;
  }
}

function adviceFor(code: string, text: string): string {
  if (/permission denied to set parameter/.test(text)) {
    return 'Only a superuser may set it for a database or a role. Set it in the parameter group of the server instead.';
  }
  return ADVICE[code] ?? 'Correct the declaration or the server, then deploy again.';
}

function secretsOf(request: SqlRequest): string[] {
  const server: ServerConnection = request.server;
  return [server.password, ...(request.operation === 'convergeUser' ? [request.password] : [])];
}

function partsOf(error: unknown): { code: string; text: string; detail: string } {
  const parts: { code?: unknown; message?: unknown; detail?: unknown; errors?: unknown[] } = Object(error);
  if (Array.isArray(parts.errors) && parts.errors.length > 0) {
    // One for each address of the host.
    return partsOf(parts.errors[parts.errors.length - 1]);
  }
  const text = typeof parts.message === 'string' ? parts.message : String(error);
  const code = typeof parts.code === 'string' ? parts.code : LOST.test(text) ? 'CONNECTION_LOST' : 'UNEXPECTED';
  return { code, text, detail: typeof parts.detail === 'string' ? parts.detail : '' };
}

function isTlsError(code: string, text: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/.test(code) || /does not support SSL/.test(text);
}
