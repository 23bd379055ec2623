/** What is converged: 20 users on 3 databases. */
export const DATABASES = ['orders', 'billing', 'reports'];

export const USERS = Array.from({ length: 20 }, (_, index) => ({ username: `service_${index + 1}`, databaseName: DATABASES[index % DATABASES.length] }));

/** Where the server is, who administers it, and how it proves who it is. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly admin: { readonly username: string; readonly password: string };
  readonly ca: string;
}

export type Run = 'first' | 'again';

/** Something that makes databases and users on a server; `again` is the same request once more. */
export interface Converger {
  database(databaseName: string, run: Run): Promise<void>;
  user(user: typeof USERS[number], run: Run): Promise<void>;
}
