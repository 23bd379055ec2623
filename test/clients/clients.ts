import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Language = 'node' | 'python' | 'go' | 'java' | 'psql';

/** A client that connects to a server with nothing but the environment of a task. */
export interface PostgresClient {
  /** As in the table of docs/postgres.md. */
  readonly name: string;
  readonly language: Language;
  /** What its program is called with. */
  readonly driver: string;
  /** Packages that make it up; the first gives the version that the table names. */
  readonly packages: readonly string[];
  /** What an application writes, and the program does. */
  readonly code: string;
  /** What the table adds. */
  readonly note?: string;
}

export const CLIENTS: readonly PostgresClient[] = [
  node('node-postgres', 'pg', 'new Client({ connectionString: process.env.DATABASE_URL })'),
  node('Postgres.js', 'postgres', 'postgres(process.env.DATABASE_URL)'),
  node('Drizzle with node-postgres', 'drizzle-orm/node-postgres', 'drizzle(process.env.DATABASE_URL)'),
  node('Drizzle with Postgres.js', 'drizzle-orm/postgres-js', 'drizzle(process.env.DATABASE_URL)'),
  node('TypeORM', 'typeorm', "new DataSource({ type: 'postgres', url: process.env.DATABASE_URL })"),
  node('Knex', 'knex', "knex({ client: 'pg', connection: process.env.DATABASE_URL })"),
  node('Sequelize', 'sequelize', 'new Sequelize(process.env.DATABASE_URL)'),
  node('pg-promise', 'pg-promise', 'pgPromise()(process.env.DATABASE_URL)'),
  node('Prisma\'s driver adapter', '@prisma/adapter-pg', 'new PrismaPg({ connectionString: process.env.DATABASE_URL })'),
  node('Slonik', 'slonik', "createPool(process.env.DATABASE_URL.replace('verify-full', 'require'))", ': its `require` verifies too'),
  python('psycopg 3', 'psycopg', ['psycopg'], "psycopg.connect(os.environ['DATABASE_URL'])"),
  python('psycopg 2', 'psycopg2', ['psycopg2-binary'], "psycopg2.connect(os.environ['DATABASE_URL'])"),
  python('asyncpg', 'asyncpg', ['asyncpg'], "asyncpg.connect(os.environ['DATABASE_URL'])"),
  python('pg8000', 'pg8000', ['pg8000'], "ssl_context=ssl.create_default_context(cafile=os.environ['PGSSLROOTCERT'])", ', and the parts from `PG…`'),
  python('SQLAlchemy with psycopg 3', 'sqlalchemy+psycopg', ['SQLAlchemy', 'psycopg'], "create_engine(os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg:', 1))"),
  python('SQLAlchemy with psycopg 2', 'sqlalchemy+psycopg2', ['SQLAlchemy', 'psycopg2-binary'], "create_engine(os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg2:', 1))"),
  python('SQLAlchemy with asyncpg', 'sqlalchemy+asyncpg', ['SQLAlchemy', 'asyncpg'], "create_async_engine('postgresql+asyncpg://')", ', which reads `PG…`'),
  python('Django with dj-database-url', 'django', ['Django', 'dj-database-url'], "DATABASES={'default': dj_database_url.config()}"),
  go('pgx', 'pgx', 'github.com/jackc/pgx/v5', 'pgx.Connect(ctx, os.Getenv("DATABASE_URL"))'),
  go('pgx with database/sql', 'pgx/stdlib', 'github.com/jackc/pgx/v5', 'sql.Open("pgx", os.Getenv("DATABASE_URL"))'),
  go('lib/pq', 'pq', 'github.com/lib/pq', 'sql.Open("postgres", os.Getenv("DATABASE_URL"))'),
  { name: 'pgjdbc', language: 'java', driver: 'pgjdbc', packages: ['org.postgresql:postgresql'], code: 'DriverManager.getConnection(System.getenv("JDBC_DATABASE_URL"))' },
  { name: 'psql, by Debian\'s libpq', language: 'psql', driver: 'psql', packages: [], code: 'psql "$DATABASE_URL"' },
];

/** Files that pin what is installed, and the program of each language. */
export const PINS: { readonly [language in Language]: readonly string[] } = {
  node: ['package.json', 'package-lock.json'],
  python: ['requirements.txt'],
  go: ['go.mod', 'go.sum'],
  java: ['driver.txt'],
  psql: [],
};
export const PROGRAMS: { readonly [language in Language]: string } = { node: 'client.mjs', python: 'client.py', go: 'main.go', java: 'Client.java', psql: 'client.sh' };

export function readPinned(language: Language, file: string): string {
  return readFileSync(join(__dirname, language, file), 'utf8');
}

/** The versions that are tested, as in the table. */
export function testedVersion({ language, packages }: PostgresClient): string {
  return language === 'psql' ? '15' : packages.map((name) => pinned(language, name)).join(', ');
}

/** The row of a client in the table of docs/postgres.md. */
export function tableRow(client: PostgresClient): string {
  return `| ${client.name} | ${testedVersion(client)} | \`${client.code}\`${client.note ?? ''} | yes |`;
}

function pinned(language: Language, name: string): string {
  const escaped = name.replace(/[.+]/g, '\\$&');
  const found = new RegExp(`(?:^|[\\s"])${escaped}(?:==|":\\s*"| v|:)(\\d[\\w.]*)`, 'm').exec(readPinned(language, PINS[language][0]))?.[1];
  if (found === undefined) throw new Error(`test/clients/${language}/${PINS[language][0]} pins no version of ${name}.`);
  return found;
}

function node(name: string, driver: string, code: string, note?: string): PostgresClient {
  return { name, language: 'node', driver, packages: [driver.replace(/^drizzle-orm\/.*/, 'drizzle-orm')], code, note };
}

function python(name: string, driver: string, packages: string[], code: string, note?: string): PostgresClient {
  return { name, language: 'python', driver, packages, code, note };
}

function go(name: string, driver: string, module: string, code: string): PostgresClient {
  return { name, language: 'go', driver, packages: [module], code };
}
