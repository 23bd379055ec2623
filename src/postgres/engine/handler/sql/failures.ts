import { BrokerError } from '../../../../broker/broker-error';
import type { SqlRequest } from '../../../../broker/broker.contract';
import { connectionFailure, type DriverWords, notReady, partsOf, refusedTask } from '../../../../broker/handler/sql/failures';

const COLLISION_ATTEMPTS = 5;

const NODE_POSTGRES: DriverWords = {
  lost: /Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error/i,
  withoutTls: /does not support SSL/,
};

const RETRIED = ['40001', '40P01', '55P03', '55006'];
const NOT_READY = ['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '25006', '53300'];
/** Other sessions, not of this library, changed or dropped the same object at the same moment. A few attempts tell. */
const COLLISION_CODES = ['42P01', '42883'];
const COLLISION = /tuple concurrently (updated|deleted)|cache lookup failed|could not open relation/i;

const ADVICE: Readonly<Record<string, string>> = {
  '28000': 'Allow the admin to log in with its password over TLS, and remove it from the role \'rds_iam\'.',
  '28P01': 'Correct the password in the secret of the admin.',
  '3D000': 'This library needs the database \'postgres\' on every server. Create that database, then deploy again.',
  '42501': 'The admin needs CREATEROLE and CREATEDB, and must own the object or be a member of its owner. Grant the missing right, then deploy again.',
  '42710': 'Choose another name, or drop the existing object.',
  '0A000': 'Use an extension that this version of the server offers, and add it to \'shared_preload_libraries\' if it must be preloaded.',
  '55000': 'Set the parameter in the parameter group, and restart the server if the parameter is static.',
  '2BP01': 'Drop or reassign the dependent objects that the detail names.',
  '22023': 'Correct the value of the setting or the locale.',
  '42704': 'Correct the name.',
  '53200': 'Raise \'max_locks_per_transaction\' in the parameter group and restart the server, or wait until other sessions have ended, then deploy again.',
  '53100': 'The disk of the server is full. Add storage, then deploy again.',
  '57014': 'A statement took longer than the deployment may wait. Deploy again when the server has less to do.',
  '40001': 'Other sessions changed the same objects until the deadline. Deploy again when the server has less to do.',
  '40P01': 'Other sessions locked the same objects until the deadline. Deploy again when the server has less to do.',
  '55P03': 'Another session held a lock on the object until the deadline. End that session, then deploy again.',
  '55006': 'Another session used the object until the deadline. End that session, then deploy again.',
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
  return new BrokerError(code, `${refusedTask(request)}: ${text}${detail ? ` (${detail})` : ''}. ${adviceFor(code, text)}`, nature);
}

function adviceFor(code: string, text: string): string {
  if (/permission denied to set parameter/.test(text)) {
    return 'Only a superuser may set the parameter for a database or a role. Set the parameter in the parameter group of the server.';
  }
  return ADVICE[code] ?? 'Correct the declaration or the server, then deploy again.';
}
