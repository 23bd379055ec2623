import { identifier, literal } from './quote';
import type { Row, SqlSession } from './session';
import { BrokerError } from '../../../../broker/broker-error';

/** What an interrupted DROP DATABASE leaves of `datconnlimit`. */
const INVALID = -2;

/** What opening a database takes. */
export interface DatabaseDoor {
  readonly open: () => Promise<SqlSession>;
  /** Reads in database `postgres`. */
  readonly read: (statement: string) => Promise<Row[]>;
  /** Runs a statement in database `postgres`. */
  readonly apply: (statement: string) => Promise<void>;
}

interface Entrance {
  readonly owner: string;
  readonly admin: string;
  readonly limit: number;
  /** Whether the admin may act as its owner. */
  readonly mine: boolean;
  readonly allows: boolean;
  readonly admits: boolean;
  readonly full: boolean;
}

/**
 * Connects to a database, also where its owner lets no more sessions in. The limit of a database holds for the admin too, so it is lifted
 * for the moment in which the admin connects.
 */
export async function openDatabase(databaseName: string, { open, read, apply }: DatabaseDoor): Promise<SqlSession> {
  try {
    return await open();
  } catch (error) {
    const entrance = await readEntrance(databaseName, read);
    if (entrance === undefined) {
      throw error;
    }
    checkEntrance(databaseName, entrance);
    if (!entrance.full || Object(error).code !== '53300') {
      throw error;
    }
    const limitTo = (limit: number) => `ALTER DATABASE ${identifier(databaseName)} CONNECTION LIMIT ${limit}`;
    if (!entrance.mine) {
      throw new BrokerError('CONNECTION_LIMIT', `Database '${databaseName}' allows ${entrance.limit} connections, so the admin '${entrance.admin}' can't connect. Run \`${limitTo(-1)}\` as '${entrance.owner}', then deploy again.`);
    }
    await apply(limitTo(-1));
    try {
      return await open();
    } finally {
      await apply(limitTo(entrance.limit));
    }
  }
}

async function readEntrance(databaseName: string, read: DatabaseDoor['read']): Promise<Entrance | undefined> {
  const [row] = await read(`SELECT pg_get_userbyid(datdba) AS owner, current_user AS admin, datconnlimit AS "limit", pg_has_role(current_user, datdba, 'USAGE') AS mine,
    datallowconn AS allows, has_database_privilege(oid, 'CONNECT') AS admits,
    datconnlimit >= 0 AND (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid AND a.backend_type = 'client backend') >= datconnlimit AS "full"
  FROM pg_database d WHERE datname = ${literal(databaseName)}`);
  return row as (Row & Entrance) | undefined;
}

/** Fails where nobody, or not the admin, may connect at all. */
function checkEntrance(databaseName: string, { owner, admin, limit, allows, admits }: Entrance): void {
  const name = identifier(databaseName);
  if (limit === INVALID) {
    throw new BrokerError('INVALID_DATABASE', `Database '${databaseName}' is what an interrupted \`DROP DATABASE\` left, and nobody can connect to it. Run \`DROP DATABASE ${name}\` as '${owner}', then deploy again.`);
  }
  if (!allows) {
    throw new BrokerError('CLOSED_DATABASE', `Database '${databaseName}' doesn't allow connections. Run \`ALTER DATABASE ${name} ALLOW_CONNECTIONS true\` as '${owner}', then deploy again.`);
  }
  if (!admits) {
    throw new BrokerError('NO_CONNECT', `The admin '${admin}' may not connect to database '${databaseName}'. Run \`GRANT CONNECT ON DATABASE ${name} TO ${identifier(admin)}\` as '${owner}', then deploy again.`);
  }
}
