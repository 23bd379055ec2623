import { changesOwner, type Adoption, type Origin } from './adoption';
import type { OwnedThing } from './objects';
import { BrokerError } from '../../../../../broker/broker-error';
import { groupRoles } from '../../../names';
import type { PostgresDatabaseSpec } from '../../../postgres.contract';
import { isClosed, planDatabase } from '../database-plan';
import { identifier, splitSetting } from '../quote';
import type { ServerState } from '../server-state';

/** Objects of a kind that are named. */
const NAMED = 500;

/** What a take-over is about. */
interface Subject {
  readonly spec: PostgresDatabaseSpec;
  readonly origin: Origin;
  readonly adoption?: Adoption;
}

/** What taking over a database changes, and what stays, in lines for people: long lists last. */
export function adoptionReport(state: ServerState, { spec, origin, adoption }: Subject & { readonly adoption: Adoption }): string {
  return [
    ...owners(state, spec.databaseName, origin, adoption),
    ...rights(state, spec, origin, adoption),
    ...objects(adoption.staying, (list) => `Owner stays ${identifier(state.admin)}, which this code acts as: ${list}`),
    ...objects(adoption.moved, (list) => `Owner becomes ${identifier(groupRoles(spec.databaseName).owner)}: ${list}`),
  ].join('\n');
}

/** The failure that shows what a take-over would do. */
export function adoptionPlan(state: ServerState, { adoption, ...subject }: Subject): BrokerError {
  const object = `Database '${subject.spec.databaseName}'`;
  if (!state.database) {
    return new BrokerError('ADOPTION_PLAN', `${object} doesn't exist, so this library would create a new database. Remove \`adoptExisting\`, then deploy again.`);
  }
  if (!adoption) {
    return new BrokerError('ADOPTION_PLAN', `${object} was created by this library, so nothing in the database would change. Replace \`AdoptExisting.plan()\` with \`AdoptExisting.takeOver()\`, then deploy again.`);
  }
  const plan = adoptionReport(state, { ...subject, adoption });
  return new BrokerError('ADOPTION_PLAN', `${object} was not changed. Replace \`AdoptExisting.plan()\` with \`AdoptExisting.takeOver()\` to take over the database, with these changes:\n${plan}.`, { whole: true });
}

function owners({ database, admin }: ServerState, databaseName: string, origin: Origin, { joined, state }: Adoption): string[] {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  const former = database?.owner ?? '';
  const changes = database !== null && former !== owner && changesOwner(database, origin, admin);
  return [
    `Roles: ${[owner, readWrite, readOnly].map(identifier).join(', ')} are created. Owner of the database: ${changes ? `${identifier(former)} becomes ${identifier(owner)}` : `${identifier(former)} stays`}.`,
    ...joined.map(({ name }) => {
      const own = state.kept.filter((kept) => kept.owner === name).map(({ kind, count }) => `${count} × ${kind}`).join(', ') || 'no objects';
      return `Role ${identifier(name)} keeps all it owns (${own}). Users with OWNER access get its rights: GRANT ${identifier(name)} TO ${identifier(owner)}.`;
    }),
  ];
}

function objects(things: OwnedThing[], sentence: (list: string) => string): string[] {
  const kinds = [...new Set(things.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const names = things.filter((thing) => thing.kind === kind).map(({ name }) => name);
    const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : '';
    return sentence(`${names.length} × ${kind} (${names.slice(0, NAMED).join(', ')}${more})`);
  });
}

function rights(state: ServerState, spec: PostgresDatabaseSpec, origin: Origin, { state: contents }: Adoption): string[] {
  const { database, admin } = state;
  const { readWrite, readOnly } = groupRoles(spec.databaseName);
  if (!database) {
    return [];
  }
  const open = [...database.grants.filter(({ grantee }) => grantee === null).map(({ privilege }) => `${privilege} on the database`), ...contents.publicSchema.map((privilege) => `${privilege} on schema public`)].sort();
  const settings = planDatabase(database, spec, origin, admin).map(({ sql }) => sql).filter((sql) => / (RE)?SET /.test(sql));
  const kept = origin === 'adopted' ? database.settings.map((entry) => splitSetting(entry)[0]) : [];
  return [
    `Rights on tables, sequences, schemas and routines, those there are and those to come: read and write for ${identifier(readWrite)}, read for ${identifier(readOnly)}.`,
    ...(open.length > 0 ? [`PUBLIC ${isClosed(spec, origin) ? 'loses' : 'keeps'} ${open.join(', ')}.`] : []),
    ...(settings.length > 0 ? [`Settings: ${settings.join('; ')}.`] : []),
    ...(kept.length > 0 ? [`Settings that stay unless named above: ${kept.join(', ')}.`] : []),
    'Rights of other roles stay.',
  ];
}
