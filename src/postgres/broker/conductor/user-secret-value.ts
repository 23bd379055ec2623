import { CA_FILE } from '../../../binding/shared/trust.contract';
import type { UserSecretValue } from '../broker.contract';

/** Everything in a user's secret that is decided by the declaration and the server, not by chance. */
export type UserSecretContent = Omit<UserSecretValue, 'password' | 'url' | 'jdbcUrl'>;

/** The whole value of a user's secret. */
export function userSecretValue(content: UserSecretContent, password: string): UserSecretValue {
  return { ...content, password, url: postgresUrl(content, password), jdbcUrl: jdbcUrl(content, password) };
}

/** Whether a stored value says the same, the password aside. */
export function hasContent(value: UserSecretValue, content: UserSecretContent): boolean {
  const { password, ...stored } = value;
  const { password: _, ...wanted } = userSecretValue(content, password);
  return (Object.keys(wanted) as (keyof typeof wanted)[]).every((key) => stored[key] === wanted[key]);
}

function postgresUrl({ username, host, port, dbname, sslmode }: UserSecretContent, password: string): string {
  return `postgresql://${encode(username)}:${encode(password)}@${urlHost(host)}:${port}/${encode(dbname)}?sslmode=${sslmode}&sslrootcert=${CA_FILE}`;
}

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
