import type { EngineUnderTest, Login } from './neutral/engine-under-test';

/** Something on the server that can be marked, as other servers have comments. */
export interface TinyObject {
  mark: string;
}

/** Whoever may log in. Without a password nobody can, as far as this server knows. */
export interface TinyUser extends TinyObject {
  password?: string;
  databases: string[];
}

export interface TinyDatabase extends TinyObject {
  readonly rows: string[];
}

/** How the driver of the tiny server fails. Like the worst of its kind it tells passwords. */
export class TinyError extends Error {
  public constructor(public readonly code: 'T-GONE' | 'T-PASSWORD' | 'T-BUSY' | 'T-MISSING', message: string) {
    super(message);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A database server in this process, of a kind that nobody sells: it has users and databases, and lets one admin in at a time. */
export class TinyServer {
  public readonly admin: Login = { username: 'root', password: 'open/"sesame"' };
  public readonly users = new Map<string, TinyUser>();
  public readonly databases = new Map<string, TinyDatabase>();
  public running = true;
  private adminPassword = this.admin.password;
  private busy = false;

  /** The driver: works as the admin, alone. Others get their turn meanwhile, as with a real one. */
  public async asAdmin<T>({ username, password }: Login, work: () => T): Promise<T> {
    await turn();
    if (!this.running) {
      throw new TinyError('T-GONE', 'Nobody at home');
    }
    if (username !== this.admin.username || password !== this.adminPassword) {
      throw new TinyError('T-PASSWORD', `Wrong password "${password}" for ${username}`);
    }
    if (this.busy) {
      throw new TinyError('T-BUSY', 'Another admin is at work');
    }
    this.busy = true;
    try {
      await turn();
      return work();
    } finally {
      this.busy = false;
    }
  }

  /** A database that must be there. */
  public database(databaseName: string): TinyDatabase {
    const found = this.databases.get(databaseName);
    if (found === undefined) {
      throw new TinyError('T-MISSING', `There is no database "${databaseName}"`);
    }
    return found;
  }

  public canLogIn({ username, password }: Login, databaseName: string): boolean {
    const user = this.users.get(username);
    return this.running && user?.password === password && user.databases.includes(databaseName);
  }

  public changePassword({ username, password }: Login): void {
    const user = this.users.get(username);
    if (user !== undefined) {
      user.password = password;
    } else if (username === this.admin.username) {
      this.adminPassword = password;
    }
  }
}

/** What people see of it. A user is found under any of its logins; one made by hand has the name of the last. */
export function tinyServerUnderTest(server: TinyServer, loginsOf: (username: string) => readonly string[]): EngineUnderTest['server'] {
  return {
    host: 'tiny.example.internal',
    port: 7000,
    admin: server.admin,
    canLogIn: async (login, databaseName) => server.canLogIn(login, databaseName),
    userExists: async (username) => loginsOf(username).some((login) => server.users.has(login)),
    databaseExists: async (databaseName) => server.databases.has(databaseName),
    makeForeignUser: async (name, databaseName) => {
      const username = loginsOf(name).at(-1) ?? name;
      server.users.set(username, { mark: 'made by hand', password: 'by-hand', databases: [databaseName] });
      return { username, password: 'by-hand' };
    },
    makeForeignDatabase: async (databaseName) => void server.databases.set(databaseName, { mark: 'made by hand', rows: [] }),
    fill: async (databaseName) => void server.database(databaseName).rows.push('a row'),
    isFilled: async (databaseName) => (server.databases.get(databaseName)?.rows ?? []).length > 0,
    changePassword: async (login) => server.changePassword(login),
    stop: async () => { server.running = false; },
    start: async () => { server.running = true; },
    remove: async () => undefined,
  };
}
