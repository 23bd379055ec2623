import { checkDatabaseName, checkIdentifier } from './check-names';
import { planContents } from './contents-plan';
import { contentsStateSql, type ContentsState } from './contents-state';
import { checkDatabase, createDatabase, newDatabase, planDatabase, planMaintenanceDatabase } from './database-plan';
import type { SqlDependencies } from './dependencies';
import { planGroups } from './group-plan';
import { withLockedServer, type LockedServer } from './locked-server';
import type { ServerState } from './server-state';
import { onlyValue } from './session';
import type { Claim } from '../../../../broker/handler/sql/claim';
import { checkNothingLeft, shownOf, sqlOf, type Step } from '../../../../broker/handler/sql/step';
import { groupRoleNames } from '../../names';
import type { PostgresDatabaseSpec, PostgresRequestOf } from '../../postgres.contract';

type Request = PostgresRequestOf<'convergeDatabase'>;

/**
 * Makes a database what is declared, whatever is there already, and answers what was changed.
 *
 * Round trips after the two connections: 2 when nothing is to be changed, else at most 8.
 */
export async function convergeDatabase(request: Request, deps: SqlDependencies): Promise<string[]> {
  const { database: spec, mark, adoptExisting, settled, server: { owned } } = request;
  checkDatabaseName(spec.databaseName);
  spec.extensions.forEach((name) => checkIdentifier('extension', name));
  const claim: Claim = { mark, adoptExisting, settled };
  const subject = { roles: groupRoleNames(spec.databaseName), databaseName: spec.databaseName };
  return withLockedServer(request, deps, subject, async (server) => {
    checkDatabase(server.state, spec, claim);
    const outside = await convergeOutside(server, spec, claim, owned);
    const inside = await convergeInside(server, spec);
    return [...outside, ...inside];
  });
}

async function convergeOutside(server: LockedServer, spec: PostgresDatabaseSpec, claim: Claim, owned: boolean): Promise<string[]> {
  const { state } = server;
  const groups = planGroups(state, spec.databaseName, claim);
  const rest = [...planDatabase(state.database ?? newDatabase(spec.databaseName), spec, claim), ...planMaintenanceDatabase(state, owned)];
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
    checkNothingLeft(`Database '${spec.databaseName}'`, planOutsideAgain(await server.refresh(), spec, claim, owned));
  }
  return shownOf(steps);
}

function planOutsideAgain(state: ServerState, spec: PostgresDatabaseSpec, claim: Claim, owned: boolean): Step[] {
  return [
    ...planGroups(state, spec.databaseName, claim),
    ...(state.database ? planDatabase(state.database, spec, claim) : [createDatabase(spec)]),
    ...planMaintenanceDatabase(state, owned),
  ];
}

async function convergeInside(server: LockedServer, spec: PostgresDatabaseSpec): Promise<string[]> {
  const { databaseName, extensions, protectedTables } = spec;
  return server.inDatabase(databaseName, async (session) => {
    const plan = async () => {
      const [rows] = await session.read([contentsStateSql(databaseName, protectedTables)]);
      return planContents(onlyValue<ContentsState>(rows), databaseName, extensions);
    };
    const steps = await plan();
    if (steps.length > 0) {
      await session.apply(sqlOf(steps));
      checkNothingLeft(`Database '${databaseName}'`, await plan());
    }
    return shownOf(steps);
  });
}
