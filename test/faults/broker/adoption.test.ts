import { startPostgres, type PostgresServer } from '../../support/postgres-server';
import { expecting } from '../expecting';
import { ADOPT, BrokerCloud, outcomeOf, REFUSED } from '../support/broker';

// Each case adopts another database; a server that the library did not make is where adoption happens.
let server: PostgresServer;
let server17: PostgresServer;

beforeAll(async () => {
  [server, server17] = await Promise.all([startPostgres(), startPostgres({ major: 17 })]);
});

afterAll(async () => {
  await Promise.all([server.remove(), server17.remove()]);
});

// Adoption answers SUCCESS, and the application that uses the database gets "permission denied for database" from then on, also after the rollback.
test.failing('adopted-database-loses-its-app: an application keeps its database through adoption and rollback, unless adoption refuses', expecting(async () => {
  const cloud = new BrokerCloud(server17, { owned: false });
  await cloud.asAdmin('postgres', "create role legacy_app login password 'x'; grant legacy_app to postgres with inherit true, set true");
  await cloud.asAdmin('postgres', 'create database legacy owner legacy_app');
  const app = { username: 'legacy_app', password: 'x' };
  await cloud.query(app, 'legacy', 'create table orders (id serial primary key, v text)');
  const write = async () => outcomeOf(cloud.query(app, 'legacy', "insert into orders (v) values ('n')"));

  const adopted = await cloud.createDatabase('legacy', ADOPT);
  const outcomes = [`after adoption: ${adopted.Status}`, await write()];
  if (adopted.Status === 'SUCCESS') {
    await cloud.deleteDatabase('legacy', ADOPT);
    outcomes.push('after the rollback', await write());
  }

  expect(outcomes).not.toContainEqual(expect.stringMatching(REFUSED));
}));

// Users of an adopted database, also an OWNER, get "permission denied" on every table that was there before, and nothing said so.
test.failing('adopted-tables-have-no-rights: users of an adopted database may use the tables that it came with, unless adoption refuses', expecting(async () => {
  const cloud = new BrokerCloud(server, { owned: false });
  await cloud.asAdmin('postgres', 'create database inventory');
  await cloud.asAdmin('inventory', "create table stock (id serial primary key, v text); insert into stock (v) values ('x')");

  const adopted = await cloud.createDatabase('inventory', ADOPT);
  if (adopted.Status !== 'SUCCESS') return;
  const outcomes: string[] = [];
  for (const [access, sql] of [['READ_ONLY', 'select * from stock'], ['READ_WRITE', "insert into stock (v) values ('y')"], ['OWNER', 'alter table stock add column n int']]) {
    const user = await cloud.givenUser(`u_${access.toLowerCase()}`, 'inventory', { Access: access });
    outcomes.push(`${access}: ${sql}`, await outcomeOf(cloud.as(user, sql)));
  }

  expect(outcomes).not.toContainEqual(expect.stringMatching(REFUSED));
}));

// Adoption wipes the settings of a database that the declaration does not name, and the rollback does not bring them back.
test.failing('adoption-forgets-settings: a database has its settings again after adoption and rollback', expecting(async () => {
  const cloud = new BrokerCloud(server, { owned: false });
  await cloud.asAdmin('postgres', 'create database configured');
  await cloud.asAdmin('postgres', 'alter database configured set search_path = inventory, public');
  const settings = async () => cloud.asSuperuser('configured', "select setconfig from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = 'configured') and setrole = 0");
  const before = await settings();

  const adopted = await cloud.createDatabase('configured', ADOPT);
  if (adopted.Status === 'SUCCESS') await cloud.deleteDatabase('configured', ADOPT);

  expect(await settings()).toEqual(before);
}));
