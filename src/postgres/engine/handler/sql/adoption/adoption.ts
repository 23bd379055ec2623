import type { AdoptionState, FormerOwner } from './adoption-state';
import type { Catalog, OwnedThing } from './objects';
import { BrokerError } from '../../../../../broker/broker-error';
import { readMark } from '../../../../../broker/handler/sql/owner-mark';
import { groupRoles } from '../../../names';
import type { PostgresDatabaseSpec } from '../../../postgres.contract';
import { markOfDatabase } from '../ownership';
import { identifier } from '../quote';
import { hasGrantedAdministration, type DatabaseState, type ServerState } from '../server-state';

/** How a database came to this library. */
export type Origin =
  /** Made by it. */
  | 'made'
  /** A copy of one that it made (`CREATE DATABASE … TEMPLATE`): no application uses it yet. */
  | 'copied'
  /** Somebody else's, in which an application may be at work. */
  | 'adopted';

/** What a rollback brings back: kept in the owner mark until the take-over is settled. */
export interface Before {
  /** Whether the owner group was there already, without a mark. */
  readonly roleExisted?: boolean;
  /** Whether the admin acted as it already. */
  readonly adminActed?: boolean;
  /** Roles that it became a member of. */
  readonly joined?: string[];
  /** Who owned the database, where that changes. */
  readonly owner?: string;
  readonly settings: string[];
  /** What PUBLIC had, where it loses that. */
  readonly open?: { readonly database: string[]; readonly schema: string[]; readonly routines: number[] };
  /** Extensions that the database did not have. */
  readonly extensions?: string[];
  /** Objects that changed hands, by former owner. */
  readonly moved?: Readonly<Record<string, Partial<Record<Catalog, number[]>>>>;
}

/** All that taking over a database is about to do. */
export interface Adoption {
  readonly origin: Origin;
  /** Roles of which the owner group becomes a member, since their objects stay with them. */
  readonly joined: FormerOwner[];
  readonly moved: OwnedThing[];
  /** Code of the admin, that would break or lose its sense with fewer rights. */
  readonly staying: OwnedThing[];
  readonly state: AdoptionState;
}

/** How the database came here, or would come; by its mark once it has one. */
export function originOf(state: ServerState, databaseName: string): Origin {
  const mark = markOfDatabase(state, databaseName);
  const { database } = state;
  if (mark || !database) {
    return mark?.adopted ? 'adopted' : 'made';
  }
  return database.ownerComment !== null && readMark(database.ownerComment)?.groupOf !== undefined ? 'copied' : 'adopted';
}

/** What taking the database over does to what is in it. */
export function adoptionOf(origin: Origin, state: AdoptionState): Adoption {
  const givesAll = (name: string) => state.owners.some((owner) => owner.name === name && !owner.self);
  const [staying, moved] = partition(state.things, (thing) => thing.bound && !givesAll(thing.owner));
  const joined = state.owners.filter((owner) => !owner.self && !owner.inGroup && readMark(owner.comment)?.groupOf === undefined);
  return { origin, joined, moved, staying, state };
}

/** Fails where the database cannot be taken over whole: with the role in the way, and the statement that helps. */
export function checkAdoptable(server: ServerState, databaseName: string, { joined, moved, state }: Adoption): void {
  checkGroupNames(server, databaseName);
  joined.forEach((owner) => checkOwner(server, databaseName, owner, state));
  const [closed] = state.closedSchemas;
  if (closed !== undefined && moved.length > 0) {
    const group = identifier(groupRoles(databaseName).owner);
    throw new BrokerError('NOT_ADMINISTRABLE', `Schema '${closed.name}' of database '${databaseName}' belongs to '${closed.owner}', so the owner role of the database can't own objects there. `
      + `As '${closed.owner}', run \`CREATE ROLE ${group} NOLOGIN; GRANT USAGE, CREATE ON SCHEMA ${identifier(closed.name)} TO ${group}\`, then deploy again.`);
  }
}

/** What such a role would be granted could not be told from what it had, so a rollback could not take it back. */
function checkGroupNames({ roles }: ServerState, databaseName: string): void {
  const { readWrite, readOnly } = groupRoles(databaseName);
  const taken = roles.find(({ name, comment }) => [readWrite, readOnly].includes(name) && readMark(comment)?.groupOf !== databaseName);
  if (taken !== undefined) {
    throw new BrokerError('NAME_TAKEN', `Role '${taken.name}' exists, and database '${databaseName}' needs that name for a role that only holds grants. Rename the role, then deploy again.`);
  }
}

function checkOwner(server: ServerState, databaseName: string, owner: FormerOwner, state: AdoptionState): void {
  const owned = ownedBy(state, owner);
  const { name } = owner;
  if (owner.iam) {
    throw new BrokerError('IAM_ROLE', `Role '${name}' owns ${owned} in database '${databaseName}' and is a member of 'rds_iam', so the admin would lose its password login by acting for the role. `
      + `Run \`REVOKE rds_iam FROM ${identifier(name)}\`, then deploy again.`);
  }
  if (owner.superuser) {
    throw new BrokerError('NOT_ADMINISTRABLE', `Role '${name}' owns ${owned} in database '${databaseName}' and is a superuser, so users of this library can't get its rights. `
      + `As '${name}', run \`${giveStatements(server, databaseName, owner, state)}\`, then deploy again.`);
  }
  if (!owner.administrable) {
    const options = hasGrantedAdministration(server) ? ', INHERIT FALSE, SET FALSE' : '';
    const who = owner.administrators.filter((admin) => admin !== server.admin).map((admin) => `'${admin}'`).join(' or ') || 'a superuser';
    throw new BrokerError('NOT_ADMINISTRABLE', `Role '${name}' owns ${owned} in database '${databaseName}', and the admin '${server.admin}' may not grant the role. `
      + `Run \`GRANT ${identifier(name)} TO ${identifier(server.admin)} WITH ADMIN OPTION${options}\` as ${who}, then deploy again.`);
  }
  checkRights(server, databaseName, owner, owned);
}

/** Owners of the database get the rights of the role: these must end with the database. */
function checkRights(server: ServerState, databaseName: string, owner: FormerOwner, owned: string): void {
  const { name, memberOf, elsewhere } = owner;
  // From 16 on the membership is one without SET, by which attributes cannot be used.
  const attributes = hasGrantedAdministration(server) ? [] : owner.attributes;
  const more = [
    ...(attributes.length > 0 ? [attributes.join(' and ')] : []),
    ...(memberOf.length > 0 ? [`membership in ${memberOf.map((role) => `'${role}'`).join(', ')}`] : []),
    ...(elsewhere.length > 0 ? [`rights in ${elsewhere.join(', ')}`] : []),
  ];
  if (more.length > 0) {
    const former = identifier(`${databaseName.slice(0, 40)}_former`);
    throw new BrokerError('OWNER_HAS_OTHER_RIGHTS', `Role '${name}' owns ${owned} in database '${databaseName}' and also has ${more.join(', and ')}, which every user with OWNER access would get. `
      + `Take these from the role, or run \`CREATE ROLE ${former} NOLOGIN; GRANT ${former} TO ${identifier(name)}\` and make ${former} the owner of its objects and of the database, then deploy again.`);
  }
}

function ownedBy({ kept }: AdoptionState, { name }: FormerOwner): string {
  const own = kept.filter(({ owner }) => owner === name).map(({ kind, count, example }) => `${count} of kind ${kind} (${example}${count > 1 ? ', …' : ''})`);
  return own.length > 0 ? own.join(', ') : 'nothing but the database itself';
}

/** What a superuser has to run: for one object of each kind where there are more. */
function giveStatements({ database, admin }: ServerState, databaseName: string, { name }: FormerOwner, { kept }: AdoptionState): string {
  const to = `OWNER TO ${identifier(admin)}`;
  const own = kept.filter(({ owner }) => owner === name);
  return [...(database?.owner === name ? [`ALTER DATABASE ${identifier(databaseName)} ${to}`] : []), ...own.map(({ kind, example }) => `ALTER ${kind} ${example} ${to}`)].join('; ')
    + (own.some(({ count }) => count > 1) ? '; …' : '');
}

/** The owner of the database changes where that takes nothing from anybody: the admin acts as the new owner, and of a copy there is no user yet. */
export function changesOwner({ owner }: DatabaseState, origin: Origin, admin: string): boolean {
  return origin !== 'adopted' || owner === admin;
}

/** The record by which a rollback undoes the take-over. */
export function beforeOf(state: ServerState, { databaseName, extensions }: PostgresDatabaseSpec, closes: boolean, adoption: Adoption | undefined): Before | undefined {
  const { database, admin } = state;
  if (!database) {
    return undefined;
  }
  const origin = adoption?.origin ?? 'made';
  const changes = database.owner !== groupRoles(databaseName).owner && changesOwner(database, origin, admin);
  return {
    ...membershipsBefore(state, databaseName, adoption),
    ...(changes ? { owner: database.owner } : {}),
    settings: database.settings,
    ...(closes && adoption ? { open: { database: openOf(database), schema: adoption.state.publicSchema, routines: adoption.state.publicRoutines } } : {}),
    ...(adoption ? { extensions: extensions.filter((name) => !adoption.state.extensions.includes(name)) } : {}),
    ...ownersBefore(adoption),
  };
}

/** Only where the owner group stays: another one takes its memberships with it. */
function membershipsBefore({ roles, memberships, admin, formerOwners }: ServerState, databaseName: string, adoption: Adoption | undefined): Partial<Before> {
  const { owner } = groupRoles(databaseName);
  if (!roles.some(({ name }) => name === owner)) {
    return {};
  }
  return {
    roleExisted: true,
    adminActed: memberships.some(({ role, member, inherit }) => role === owner && member === admin && inherit !== false),
    joined: (adoption?.joined ?? []).map(({ name }) => name).filter((name) => !formerOwners.includes(name)),
  };
}

function ownersBefore(adoption: Adoption | undefined): Pick<Before, 'moved'> {
  const moved: Record<string, Partial<Record<Catalog, number[]>>> = {};
  for (const { owner, catalog, oid } of adoption?.moved ?? []) {
    ((moved[owner] ??= {})[catalog] ??= []).push(oid);
  }
  return Object.keys(moved).length > 0 ? { moved } : {};
}

function openOf({ grants }: DatabaseState): string[] {
  return grants.filter(({ grantee }) => grantee === null).map(({ privilege }) => privilege);
}

function partition<T>(all: T[], choose: (each: T) => boolean): [T[], T[]] {
  return [all.filter(choose), all.filter((each) => !choose(each))];
}
