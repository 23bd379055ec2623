import { BrokerError } from '../../../../broker/broker-error';
import type { SqlRequest } from '../../../../broker/broker.contract';
import { connectionFailure, type DriverWords, notReady, objectOf, partsOf } from '../../../../broker/handler/sql/failures';

const COLLISION_ATTEMPTS = 5;

const NODE_POSTGRES: DriverWords = {
  lost: /Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error/i,
  withoutTls: /does not support SSL/,
};

const RETRIED = ['40001', '40P01', '55P03', '55006'];
const NOT_READY = ['57P01', '57P02', '57P03', '57P05', '25006', '53300'];
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

/** Whatever was thrown, in the form that users get: code, object, reason, advice. */
export function toBrokerError(error: unknown, request: SqlRequest, attempt = 1): BrokerError {
  const parts = partsOf(error, NODE_POSTGRES);
  const { code, text, detail } = parts;
  const connection = connectionFailure(parts, request, NODE_POSTGRES);
  if (connection) {
    return connection;
  }
  if (NOT_READY.includes(code) || code.startsWith('08')) {
    return notReady(parts, request.server);
  }
  const collided = COLLISION_CODES.includes(code) || COLLISION.test(text);
  const nature = { retry: RETRIED.includes(code) || (collided && attempt < COLLISION_ATTEMPTS), wrongPassword: code === '28P01' };
  return new BrokerError(code, `${objectOf(request)}: ${text}${detail ? ` (${detail})` : ''} (${code}). ${adviceFor(code, text)}`, nature);
}

function adviceFor(code: string, text: string): string {
  if (/permission denied to set parameter/.test(text)) {
    return 'Only a superuser may set it for a database or a role. Set it in the parameter group of the server instead.';
  }
  return ADVICE[code] ?? 'Correct the declaration or the server, then deploy again.';
}
