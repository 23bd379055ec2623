import { mkdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import { CLEAN_ENVIRONMENT, run, runOrThrow, start } from '../lab/commands';
import { ADDRESSES, ADMIN, ENDPOINT, GATEWAY } from '../lab/constants';
import type { Lab } from '../lab/lab';

const WRITER = { user: 'writer', password: 'lab-writer-password' };

/** Where the host of the clients has the bundle of authorities. */
const AUTHORITIES = '/etc/authorities.crt';

/** How clients notice that a server is gone; they hold for every way. */
const TIMEOUTS = 'connect_timeout=2 tcp_user_timeout=5000 keepalives_idle=5 keepalives_interval=1 keepalives_count=3';

const LOGIN = `user=${WRITER.user} password=${WRITER.password} dbname=lab ${TIMEOUTS}`;

/** Connection strings of libpq: by all addresses, through the balancer, and of a node to itself. */
export const DSN = {
  direct: `host=${ADDRESSES.join(',')} target_session_attrs=read-write sslmode=verify-full sslrootcert=${AUTHORITIES} ${LOGIN}`,
  balancer: `host=${ENDPOINT} hostaddr=${GATEWAY} sslmode=verify-full sslrootcert=${AUTHORITIES} ${LOGIN}`,
  replica: `host=${ENDPOINT} hostaddr=${GATEWAY} port=5433 sslmode=verify-full sslrootcert=${AUTHORITIES} ${LOGIN}`,
  inside: (address: string) => `host=${address} sslmode=verify-full sslrootcert=/etc/node/tls/ca.crt ${LOGIN}`,
};

/** Statements that make what writers write into, once, as the superuser. */
export const SET_UP: [database: string, statement: string][] = [
  ['postgres', `CREATE ROLE ${WRITER.user} LOGIN PASSWORD '${WRITER.password}'`],
  ['postgres', `CREATE DATABASE lab OWNER ${WRITER.user}`],
  ['lab', `CREATE SCHEMA lab AUTHORIZATION ${WRITER.user}`],
  ['lab', 'CREATE TABLE lab.writes (writer text NOT NULL, number bigint NOT NULL, PRIMARY KEY (writer, number))'],
  ['lab', `ALTER TABLE lab.writes OWNER TO ${WRITER.user}`],
];

/** A host of clients, which is no node: the programs of the same root, in the network of the bridge. */
export class Clients {
  public static async create({ prepared, work, aws }: Lab): Promise<Clients> {
    const folder = join(work, 'layers', 'clients');
    const root = join(folder, 'root');
    [join(folder, 'upper', 'etc'), join(folder, 'work'), root].forEach((each) => mkdirSync(each, { recursive: true }));
    writeFileSync(join(folder, 'upper', AUTHORITIES), aws.authorities);
    await runOrThrow('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${prepared.root},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`, root]);
    return new Clients(root);
  }

  private constructor(private readonly root: string) {}

  public start(command: string[], log: string, errors: string) {
    return start('bash', ['-c', 'log=$1 errors=$2; shift 2; exec chroot "$@" >> "$log" 2>> "$errors"', 'client', log, errors, this.root, ...command], { env: CLEAN_ENVIRONMENT, cwd: '/' });
  }

  public run(command: string[], timeout = 30) {
    return run('chroot', [this.root, ...command], { env: CLEAN_ENVIRONMENT, cwd: '/', timeout });
  }

  /** Logs in through the balancer as the admin of the broker. */
  public loginAsAdmin(password: string) {
    return this.run(['psql', '-XAtq', `host=${ENDPOINT} hostaddr=${GATEWAY} sslmode=verify-full sslrootcert=${AUTHORITIES} user=${ADMIN.username} password=${password} dbname=postgres`, '-c', 'SELECT current_user']);
  }
}
