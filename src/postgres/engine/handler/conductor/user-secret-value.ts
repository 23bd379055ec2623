import { CA_FILE } from '../../../../binding/shared/trust.contract';
import type { UserSecretValue } from '../../postgres.contract';

/** Everything in a user's secret that is decided by the declaration and the server, not by chance. */
export type UserSecretContent = Omit<UserSecretValue, 'password' | 'url' | 'urlWithCaFile' | 'jdbcUrl' | 'multiHostUrl'>;

/** How long a client tries one node before it goes on to the next: what a node that is gone costs each new connection. */
const CONNECT_TIMEOUT_SECONDS = 3;

/** The whole value of a user's secret. */
export function userSecretValue(content: UserSecretContent, password: string): UserSecretValue {
  const url = postgresUrl(content, password);
  const single = { ...content, password, url, urlWithCaFile: `${url}&sslrootcert=${CA_FILE}`, jdbcUrl: jdbcUrl(content, password) };
  return content.hosts === undefined ? single : { ...single, multiHostUrl: multiHostUrl({ ...content, hosts: content.hosts }, password) };
}

/**
 * Names no file: some drivers send a parameter that they do not know to the server, which refuses it. The variables that name
 * the file reach all of them. The database stands there as it is, because some drivers decode no path: `DATABASE_NAME` holds what needs no encoding.
 */
function postgresUrl({ username, host, port, dbname, sslmode }: UserSecretContent, password: string): string {
  return `postgresql://${encode(username)}:${encode(password)}@${urlHost(host)}:${port}/${dbname}?sslmode=${sslmode}`;
}

/**
 * Has only what libpq from 14 on, psycopg and pgx alike read, and names the file, since who uses it has chosen one of them. `read-write` in place of `primary` would refuse every node for users
 * who only read, and for all while a full disk makes the cluster read-only (docs/adr/0041).
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
function multiHostUrl({ username, hosts, port, dbname, sslmode }: UserSecretContent & { readonly hosts: string }, password: string): string {
  const addresses = hosts.split(',').map((host) => `${urlHost(host)}:${port}`).join(',');
  const options = `target_session_attrs=primary&sslmode=${sslmode}&sslrootcert=${CA_FILE}&connect_timeout=${CONNECT_TIMEOUT_SECONDS}`;
  return `postgresql://${encode(username)}:${encode(password)}@${addresses}/${dbname}?${options}`;
}

/** Names the file: pgjdbc reads no variables. */
function jdbcUrl({ username, host, port, dbname, sslmode }: UserSecretContent, password: string): string {
  return `jdbc:postgresql://${urlHost(host)}:${port}/${encode(dbname)}?user=${encode(username)}&password=${encode(password)}&sslmode=${sslmode}&sslrootcert=${CA_FILE}`;
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Percent-encodes everything but RFC 3986's unreserved characters: some shells and parsers stumble over the rest. */
function encode(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
