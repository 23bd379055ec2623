import { changesOwner, type Origin } from './adoption/adoption';
import { markOfDatabase } from './ownership';
import { identifier, literal } from './quote';
import type { DatabaseState, Grant, ServerState } from './server-state';
import { planDeclaredSettings, planSettings } from './settings-plan';
import { BrokerError } from '../../../../broker/broker-error';
import { checkMayTake, type Claim } from '../../../../broker/handler/sql/claim';
import type { Step } from '../../../../broker/handler/sql/step';
import { groupRoles } from '../../names';
import type { PostgresDatabaseSpec } from '../../postgres.contract';

/** A database that was made a moment ago: what its state is known to be. */
export function newDatabase(name: string): DatabaseState {
  const { owner } = groupRoles(name);
  const grants = ['CONNECT', 'TEMPORARY'].map((privilege) => ({ grantee: null, grantor: owner, privilege }));
  return { name, owner, mine: true, ownerComment: null, encoding: 'UTF8', collate: '', ctype: '', grants, settings: [] };
}

/** CREATE DATABASE, which must be alone: it cannot run in a transaction. */
export function createDatabase(spec: PostgresDatabaseSpec): Step {
  const locale = spec.locale === undefined ? '' : ` LOCALE ${literal(spec.locale)}`;
  const owner = identifier(groupRoles(spec.databaseName).owner);
  return { sql: `CREATE DATABASE ${identifier(spec.databaseName)} OWNER ${owner} TEMPLATE template0 ENCODING 'UTF8'${locale}` };
}

/** Fails when a database that exists cannot become what is declared. */
export function checkDatabase(state: ServerState, spec: PostgresDatabaseSpec, claim: Claim): void {
  const { database } = state;
  if (!database) {
    return;
  }
  const object = `Database '${spec.databaseName}'`;
  checkMayTake(object, markOfDatabase(state, spec.databaseName), claim);
  if (database.encoding !== 'UTF8') {
    throw new BrokerError('ENCODING_MISMATCH', `${object} has the encoding ${database.encoding}, which can't be changed, and this library needs UTF8. Move the data to a new database.`);
  }
  const { locale } = spec;
  if (locale !== undefined && [database.collate, database.ctype].some((found) => normalLocale(found) !== normalLocale(locale))) {
    throw new BrokerError('LOCALE_MISMATCH', `${object} has the locale ${database.collate} (LC_COLLATE) and ${database.ctype} (LC_CTYPE), and \`locale\` is '${locale}'. A locale can't be changed. `
      + 'Set `locale` to the present locale, or move the data to a new database.');
  }
}

/** What the database still needs, as far as it can be done from database `postgres`. */
export function planDatabase(database: DatabaseState, spec: PostgresDatabaseSpec, origin: Origin, admin: string): Step[] {
  const name = identifier(spec.databaseName);
  const { owner, readWrite, readOnly } = groupRoles(spec.databaseName);
  const lacks = (grantee: string, privilege: string) => !database.grants.some((grant) => grant.grantee === grantee && grant.privilege === privilege);
  return [
    ...(database.owner === owner || !changesOwner(database, origin, admin) ? [] : [{ sql: `ALTER DATABASE ${name} OWNER TO ${identifier(owner)}` }]),
    ...(lacks(readWrite, 'CONNECT') || lacks(readWrite, 'TEMPORARY')
      ? [{ sql: `GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${identifier(readWrite)}`, grantors: [database.owner] }] : []),
    ...(lacks(readOnly, 'CONNECT') ? [{ sql: `GRANT CONNECT ON DATABASE ${name} TO ${identifier(readOnly)}`, grantors: [database.owner] }] : []),
    ...(isClosed(spec, origin) ? planPublic(spec.databaseName, database.grants) : []),
    ...planDatabaseSettings(database, spec, origin),
  ];
}

/** Whether PUBLIC loses its rights: always, except in a database in which others may be at work. */
export function isClosed({ revokePublic }: PostgresDatabaseSpec, origin: Origin): boolean {
  return origin !== 'adopted' || revokePublic;
}

/** In a database of others, what nobody declared stays as it is, and the defaults of this library are not declared. */
function planDatabaseSettings({ settings }: DatabaseState, spec: PostgresDatabaseSpec, origin: Origin): Step[] {
  const alter = `ALTER DATABASE ${identifier(spec.databaseName)}`;
  if (origin !== 'adopted') {
    return planSettings(alter, settings, spec.settings);
  }
  const declared = Object.fromEntries(Object.entries(spec.settings).filter(([name]) => !spec.defaultSettings.includes(name)));
  return planDeclaredSettings(alter, settings, declared);
}

/** On servers that this library made, nobody but the admin needs database `postgres`. */
export function planMaintenanceDatabase(state: ServerState, owned: boolean): Step[] {
  const { mine, grants } = state.maintenanceDatabase;
  if (!owned || !mine || !grants.some((grant) => grant.grantee === null)) {
    return [];
  }
  return [{ sql: 'GRANT CONNECT, TEMPORARY ON DATABASE postgres TO CURRENT_USER' }, ...planPublic('postgres', grants)];
}

function planPublic(databaseName: string, grants: Grant[]): Step[] {
  const open = grants.filter((grant) => grant.grantee === null);
  return open.length === 0 ? [] : [{ sql: `REVOKE ALL ON DATABASE ${identifier(databaseName)} FROM PUBLIC`, grantors: open.map((grant) => grant.grantor) }];
}

function normalLocale(locale: string): string {
  return locale.toLowerCase().replace(/utf-8$/, 'utf8');
}
