import { CA_FILE } from '../../../../binding/shared/trust.contract';
import type { UserSecretValue } from '../../postgres.contract';

/** Everything in a user's secret that is decided by the declaration and the server, not by chance. */
export type UserSecretContent = Omit<UserSecretValue, 'password' | 'url' | 'urlWithCaFile' | 'jdbcUrl'>;

/** The whole value of a user's secret. */
export function userSecretValue(content: UserSecretContent, password: string): UserSecretValue {
  const url = postgresUrl(content, password);
  return { ...content, password, url, urlWithCaFile: `${url}&sslrootcert=${CA_FILE}`, jdbcUrl: jdbcUrl(content, password) };
}

/**
 * Names no file: some drivers send a parameter that they do not know to the server, which refuses it. The variables that name
 * the file reach all of them. The database stands there as it is, because some drivers decode no path: `DATABASE_NAME` holds what needs no encoding.
 */
function postgresUrl({ username, host, port, dbname, sslmode }: UserSecretContent, password: string): string {
  return `postgresql://${encode(username)}:${encode(password)}@${urlHost(host)}:${port}/${dbname}?sslmode=${sslmode}`;
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
