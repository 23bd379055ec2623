import { readAdmin, requiredEnv, type Admin } from './admin-secret';
import { ConductorError, ServerChangingError, ServerGoneError, UnreachableError } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import type { Redaction } from './redaction';
import type { SecretStore } from './secret-store';
import { serverState } from './server-state';
import { ConductorEnv, type OwnerMark, type ServerConnection, type ServerEndpoints, type SqlFailure, type SqlRequest, type SqlResponse } from '../../broker.contract';

type RequestPart<T> = T extends SqlRequest ? Omit<T, 'server' | 'mark' | 'deadline'> : never;

/** What is asked of the server, without what every request carries. */
export type SqlTask = RequestPart<SqlRequest>;

/** What it answered when it succeeded. */
export type SqlSuccess = Extract<SqlResponse, { ok: true }>;

/**
 * How long one call may take. A stopped server should be named soon, so the first is short. The others are below the 350
 * seconds after which networks forget a silent connection.
 */
const FIRST_CALL_MILLIS = 90_000;
const CALL_MILLIS = 300_000;

/** Kept back, so that CloudFormation gets its answer before this function is ended. */
const RESERVE_MILLIS = 45_000;

/** How far around its deadline the SQL function may answer. */
const ANSWER_MILLIS = 15_000;

/** RDS stores a rotated password first and uses it a moment later. */
const ROTATION_MILLIS = 5_000;

/** Sends tasks to the SQL function, as the admin, until they are done, fail, or time is up. */
export class SqlSession {
  private readonly end: number;
  private admin?: Admin;

  public constructor(
    private readonly deps: ConductorDependencies,
    private readonly store: SecretStore,
    private readonly redaction: Redaction,
    private readonly mark: OwnerMark,
    private readonly ca: string,
  ) {
    this.end = deps.clock.now() + deps.remainingMillis() - RESERVE_MILLIS;
  }

  /** Runs a task; throws a `ConductorError` that says what is in its way, an `UnreachableError` where that is the server. */
  public async run(task: SqlTask): Promise<SqlSuccess> {
    let rotated = false;
    for (let limit = FIRST_CALL_MILLIS; ; limit = CALL_MILLIS) {
      const deadline = Math.min(this.deps.clock.now() + limit, this.end - ANSWER_MILLIS);
      const response = await this.deps.invokeSql({ ...task, server: await this.connection(), mark: this.mark, deadline }, this.end);
      if (response.ok) {
        this.record(task, response);
        return response;
      }
      const { error } = response;
      if (error.wrongPassword && !rotated) {
        rotated = true;
        this.admin = undefined;
        await this.deps.clock.sleep(ROTATION_MILLIS);
      } else if (error.unreachable) {
        await this.explain(error);
      } else if (this.timeIsUp() || this.deps.clock.now() + ANSWER_MILLIS < deadline) {
        throw new ConductorError(error.code, error.message, error.whole);
      }
      // Else the deadline may be what it failed of: what was done stays, and there is time to go on.
    }
  }

  /** The one place that keeps what was done, for whoever looks for it later. */
  private record({ operation }: SqlTask, { changes, left = [] }: SqlSuccess): void {
    if (changes.length > 0) {
      this.deps.log({ level: 'info', message: 'changed', operation, changes });
    }
    if (left.length > 0) {
      this.deps.log({ level: 'warn', message: 'left on the server, where it no longer works', operation, left });
    }
  }

  /** Returns where another attempt makes sense. */
  private async explain(error: SqlFailure): Promise<void> {
    const state = await serverState(this.deps, error);
    this.deps.log({ level: 'warn', message: 'server not reached', code: error.code, verdict: state.verdict, state: state.description });
    const message = `${error.message} ${state.description}`;
    if (state.verdict === 'gone') {
      throw new ServerGoneError(error.code, message);
    }
    if (state.verdict === 'changing' && this.timeIsUp()) {
      throw new ServerChangingError(error.code, message);
    }
    if (state.verdict === 'down' || this.timeIsUp()) {
      throw new UnreachableError(error.code, message);
    }
    await this.deps.clock.sleep(1_000);
  }

  private timeIsUp(): boolean {
    return this.deps.clock.now() + ANSWER_MILLIS >= this.end;
  }

  private async connection(): Promise<ServerConnection> {
    const { env } = this.deps;
    const admin = this.admin ??= await readAdmin(this.store, this.redaction, env);
    return { ...endpointOf(env), ...admin, ca: this.ca, owned: env[ConductorEnv.SERVER_OWNED] === 'true' };
  }
}

/** Where this library itself finds the server: from the function's configuration, never from a secret or a request. */
function endpointOf(env: ConductorDependencies['env']): { readonly host: string; readonly port: number } {
  return { host: requiredEnv(env, ConductorEnv.HOST), port: Number(requiredEnv(env, ConductorEnv.PORT)) };
}

/** Where clients find the server. */
export function endpointsOf(env: ConductorDependencies['env']): ServerEndpoints {
  const { host, port } = endpointOf(env);
  return { hosts: [host], port };
}
