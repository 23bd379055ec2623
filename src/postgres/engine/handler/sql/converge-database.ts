import { adoptionOf, beforeOf, checkAdoptable, originOf, type Adoption, type Origin } from './adoption/adoption';
import { planJoin, planMoves } from './adoption/adoption-plan';
import { adoptionPlan, adoptionReport } from './adoption/adoption-report';
import { adoptionStateSql, type AdoptionState } from './adoption/adoption-state';
import { checkDatabaseName, checkIdentifier } from './check-names';
import { awaitedExtensions, planContents } from './contents-plan';
import { contentsStateSql, type ContentsState } from './contents-state';
import { checkDatabase, createDatabase, isClosed, newDatabase, planDatabase, planMaintenanceDatabase } from './database-plan';
import type { SqlDependencies } from './dependencies';
import { planGroups, type TakeOver } from './group-plan';
import { withLockedServer, type LockedServer } from './locked-server';
import { markOfDatabase } from './ownership';
import { restartReport } from './restart-report';
import type { ServerState } from './server-state';
import { onlyValue, type SqlSession } from './session';
import { applyInSteps, type Pace } from './small-steps';
import { BrokerError } from '../../../../broker/broker-error';
import type { Claim } from '../../../../broker/handler/sql/claim';
import { isSameResource } from '../../../../broker/handler/sql/owner-mark';
import { checkNothingLeft, shownOf, sqlOf, type Step } from '../../../../broker/handler/sql/step';
import { groupRoleNames, groupRoles } from '../../names';
import type { PostgresDatabaseSpec, PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'convergeDatabase'>;

/** What converging a database starts from. */
interface Task {
  readonly spec: PostgresDatabaseSpec;
  readonly claim: Claim;
  readonly origin: Origin;
  /** Only where the database is not this library's own work. */
  readonly adoption?: Adoption;
  readonly takeOver: TakeOver;
  readonly ownServer: boolean;
}

/**
 * Makes a database what is declared, whatever is there already, and answers what was changed.
 *
 * Round trips after connecting: 2 on two connections when nothing is to be changed, else at most 8 on three.
 */
export async function convergeDatabase(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { database: spec } = request;
  checkDatabaseName(spec.databaseName);
  spec.extensions.forEach((name) => checkIdentifier('extension', name));
  const subject = { roles: groupRoleNames(spec.databaseName), databaseName: spec.databaseName, restart: true };
  return withLockedServer(request, deps, subject, async (server) => {
    const task = await taskOf(server, request);
    reportRestart(server.state, request, deps);
    if (request.planOnly) {
      throw adoptionPlan(server.state, task);
    }
    const { adoption } = task;
    if (adoption && !request.settled) {
      deps.report(`Taking over database '${spec.databaseName}':\n${adoptionReport(server.state, { ...task, adoption })}`);
    }
    const outside = await convergeOutside(server, task);
    const inside = await convergeInside(server, task, { deadline: request.deadline, clock: deps, watch: server.read });
    return [...outside, ...inside];
  });
}

function reportRestart({ restart }: ServerState, { server: { host }, database: { maxConnections } }: Request, deps: SqlDependencies): void {
  const report = restart && restartReport(restart, host, maxConnections);
  if (report !== undefined) {
    deps.report(report);
  }
}

async function taskOf(server: LockedServer, request: Request): Promise<Task> {
  const { database: spec, mark, adoptExisting, settled, server: { owned: ownServer } } = request;
  const claim: Claim = { mark, adoptExisting, settled };
  checkDatabase(server.state, spec, claim);
  const origin = originOf(server.state, spec.databaseName);
  const adoption = await readAdoption(server, spec, origin, claim);
  const closes = isClosed(spec, origin);
  return { spec, claim, origin, adoption, ownServer, takeOver: { adopted: origin === 'adopted', before: beforeOf(server.state, spec, closes, adoption) } };
}

/** Whether the database can be taken over whole is looked at before anything is changed, and not any more once it has been. */
async function readAdoption(server: LockedServer, spec: PostgresDatabaseSpec, origin: Origin, { mark, settled }: Claim): Promise<Adoption | undefined> {
  const { databaseName } = spec;
  const found = markOfDatabase(server.state, databaseName);
  const pending = isSameResource(found, mark) && found?.before !== undefined;
  if (!server.state.database || (origin === 'made' && !pending)) {
    return undefined;
  }
  const adoption = await server.inDatabase(databaseName, async (session) => {
    const [rows] = await session.read([adoptionStateSql(groupRoles(databaseName).owner)]);
    return adoptionOf(origin, onlyValue<AdoptionState>(rows));
  });
  if (settled && found) {
    return { ...adoption, joined: [] };
  }
  checkAdoptable(server.state, databaseName, adoption);
  return adoption;
}

async function convergeOutside(server: LockedServer, task: Task): Promise<string[]> {
  const { state } = server;
  const { spec, claim, takeOver } = task;
  const groups = planGroups(state, spec.databaseName, claim, takeOver);
  const rest = planRest(state, task);
  const create = state.database ? [] : [createDatabase(spec)];
  if (state.database) {
    await server.apply(sqlOf([...groups, ...rest]));
  } else {
    await server.apply(sqlOf(groups));
    await server.apply(sqlOf(create));
    await server.apply(sqlOf(rest));
  }
  const steps = [...groups, ...create, ...rest];
  if (steps.length > 0) {
    const now = await server.refresh();
    checkNothingLeft(`Database '${spec.databaseName}'`, [
      ...planGroups(now, spec.databaseName, claim, takeOver), ...(now.database ? [] : [createDatabase(spec)]), ...planRest(now, task),
    ]);
  }
  return shownOf(steps);
}

function planRest(state: ServerState, { spec, origin, adoption, ownServer }: Task): Step[] {
  return [
    ...planJoin(state, spec.databaseName, adoption),
    ...planDatabase(state.database ?? newDatabase(spec.databaseName), spec, origin, state.admin),
    ...planMaintenanceDatabase(state, ownServer),
  ];
}

async function convergeInside(server: LockedServer, { spec, origin, adoption }: Task, pace: Pace): Promise<string[]> {
  const { databaseName } = spec;
  return server.inDatabase(databaseName, async (session) => {
    const moves = planMoves(databaseName, adoption);
    await applyInSteps(session, moves, pace);
    return [...shownOf(moves), ...await share(session, spec, origin, pace)];
  });
}

/** Objects are read in pages, so that what is there bounds neither the memory nor a transaction. */
async function share(session: SqlSession, spec: PostgresDatabaseSpec, origin: Origin, pace: Pace): Promise<string[]> {
  const { databaseName, extensions, protectedTables } = spec;
  const closed = isClosed(spec, origin);
  let thorough = false;
  let awaited: string[] = [];
  const readContents = async () => {
    const [rows] = await session.read([contentsStateSql(databaseName, { protectedTables, adopted: origin === 'adopted', closed, thorough })]);
    return onlyValue<ContentsState>(rows);
  };
  const read = async () => {
    let found = await readContents();
    if (!thorough && found.unshared.length > 0) {
      thorough = true;
      found = await readContents();
    }
    awaited = awaitedExtensions(found, extensions);
    return planContents(found, databaseName, extensions, closed);
  };
  const changes: string[] = [];
  for (let steps = await read(); steps.length > 0;) {
    await applyInSteps(session, steps, pace);
    changes.push(...shownOf(steps));
    const left = await read();
    // Progress is what tells a long list from a statement without effect.
    checkNothingLeft(`Database '${databaseName}'`, left.filter(({ sql }) => steps.some((step) => step.sql === sql)));
    steps = left;
  }
  checkNoneAwaited(databaseName, awaited);
  return changes;
}

/** The nodes of a self-hosted server make what needs a superuser, a moment after there is a database. */
function checkNoneAwaited(databaseName: string, awaited: string[]): void {
  if (awaited.length > 0) {
    throw new BrokerError('EXTENSION_MISSING', `Database '${databaseName}' didn't get ${awaited.map((name) => `'${name}'`).join(', ')} until the deadline. The nodes of the server create these extensions, because the admin may not. `
      + 'Run `journalctl -u node-settings -u node-extensions` on the primary to see why they didn\'t, then deploy again.', { retry: true });
  }
}
