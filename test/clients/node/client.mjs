/** Connects by the driver that the argument names, with nothing but the environment of a task, and prints as whom and where. */
const QUERY = 'SELECT current_database() AS database, session_user AS "user", ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

const DRIVERS = {
  'pg': async () => {
    const { Client } = (await import('pg')).default;
    const client = new Client({ connectionString: process.env.DATABASE_URL });
    await client.connect();
    return (await client.query(QUERY)).rows;
  },
  'postgres': async () => {
    const { default: postgres } = await import('postgres');
    return postgres(process.env.DATABASE_URL).unsafe(QUERY);
  },
  'drizzle-orm/node-postgres': async () => {
    const { drizzle } = await import('drizzle-orm/node-postgres');
    return (await drizzle(process.env.DATABASE_URL).execute(QUERY)).rows;
  },
  'drizzle-orm/postgres-js': async () => {
    const { drizzle } = await import('drizzle-orm/postgres-js');
    return drizzle(process.env.DATABASE_URL).execute(QUERY);
  },
  'typeorm': async () => {
    const { DataSource } = await import('typeorm');
    return (await new DataSource({ type: 'postgres', url: process.env.DATABASE_URL }).initialize()).query(QUERY);
  },
  'knex': async () => {
    const { default: knex } = await import('knex');
    return (await knex({ client: 'pg', connection: process.env.DATABASE_URL }).raw(QUERY)).rows;
  },
  'sequelize': async () => {
    const { Sequelize } = await import('sequelize');
    return (await new Sequelize(process.env.DATABASE_URL).query(QUERY))[0];
  },
  'pg-promise': async () => {
    const { default: pgPromise } = await import('pg-promise');
    return pgPromise()(process.env.DATABASE_URL).any(QUERY);
  },
  '@prisma/adapter-pg': async () => {
    const { PrismaPg } = await import('@prisma/adapter-pg');
    const adapter = await new PrismaPg({ connectionString: process.env.DATABASE_URL }).connect();
    const { columnNames, rows } = await adapter.queryRaw({ sql: QUERY, args: [], argTypes: [] });
    return rows.map((row) => Object.fromEntries(row.map((value, index) => [columnNames[index], value])));
  },
  'slonik': async () => {
    const { createPool, sql } = await import('slonik');
    const pool = await createPool(process.env.DATABASE_URL.replace('verify-full', 'require'));
    return pool.any(sql.unsafe(Object.assign([QUERY], { raw: Object.freeze([QUERY]) })));
  },
};

const [row] = await DRIVERS[process.argv[2]]();
console.log(JSON.stringify({ database: row.database, user: row.user, ssl: Boolean(row.ssl) }));
process.exit();
