import type { Environment, RunnerSettings } from './settings';
import type { ParsedMigration, SplitSql } from '../../shared/lint/lint-types';
import type { ConnectionVariables } from '../../shared/migration-dialect';
import type { EngineName } from '../../shared/runner.contract';

/** Rows, by column. */
export type Rows = Array<Record<string, string | null>>;

/** Runs one query and answers with its rows. */
export type Query = (sql: string) => Promise<ReadonlyArray<Record<string, string | null>>>;

/** Runs one statement, and commits it. */
export type Change = (sql: string) => Promise<void>;

/** What a run waits for. */
export interface Obstacle {
  /** Whose session it is. */
  readonly who: string;
  /** What to do about it, as the beginning of a sentence. */
  readonly remedy: string;
}

/** A connection of the runner. The lock is its own for as long as it lives. */
export interface LockSession {
  /** Name of its login, for messages. */
  readonly user: string;
  query(sql: string): Promise<Rows>;
  /** Runs a statement whose effect is to stay, whatever becomes of the connection. */
  change(sql: string): Promise<void>;
  /** Fails where the session does not act as the owner of the database. */
  checkRole(): Promise<void>;
  tryLock(): Promise<boolean>;
  /** Who has the lock, as far as the session can see. */
  findHolder(): Promise<Obstacle | undefined>;
  /** An engine of an aborted run that is still at work. */
  findLeftover(): Promise<Obstacle | undefined>;
  /** Calls back when the connection is gone. */
  onLost(lost: (reason: string) => void): void;
  close(): Promise<void>;
}

/** Where an engine keeps what it has applied. */
export interface EngineHistory {
  /** Names the version table, or nothing where there is none yet; looked up as the engine does. */
  readonly findTable: string;
  /** Lists what is applied, given the table. */
  readonly listApplied: (table: string) => string;
}

/** An index that the server keeps, and does not use: its build failed, or has not ended. */
export interface BrokenIndex {
  readonly id: string;
  /** With its schema, as SQL writes it. */
  readonly name: string;
  readonly table: string;
  /** Whether a session is at work on it just now. */
  readonly busy: boolean;
  /** Statement that removes it. */
  readonly drop: string;
  /** Statement that makes it usable, where there is one. */
  readonly rebuild?: string;
}

/** What a statement does to an index. */
export interface IndexUse {
  /** `keep` makes it unless there is one of its name; `renew` drops or rebuilds it; `unknown` may do anything to it. */
  readonly action: 'make' | 'keep' | 'renew' | 'unknown';
  readonly matches: (index: BrokenIndex) => boolean;
}

/** What a run has to know of a file before it runs. */
export interface FileNeeds {
  /** Whether a statement of it waits for all older transactions, and so must not be bound by the lock timeout. */
  readonly patient: boolean;
  readonly indexes: readonly IndexUse[];
}

/** All that a run has to know of the kind of its server. */
export interface RunnerDialect {
  readonly variables: ConnectionVariables;
  readonly defaultPort: number;
  /** Variables that would lead a client to another server or file. */
  readonly misleading: RegExp;
  /** The form of times, such as that of the lock timeout, and how to name it. */
  readonly duration: { readonly pattern: RegExp; readonly words: string };
  readonly split: SplitSql;
  readonly history: Readonly<Record<EngineName, EngineHistory>>;
  connect(settings: RunnerSettings): Promise<LockSession>;
  /** Whether waiting may help. A refused password or certificate stays refused. */
  isPassing(error: unknown): boolean;
  /** Why a server refused the connection for good. */
  refusal(settings: RunnerSettings, error: unknown): Error;
  /** A lock timeout or a deadlock, in words, where the code of the server's error is that of one. */
  conflictOf(code: string): string | undefined;
  needsOf(parsed: ParsedMigration): FileNeeds;
  findBrokenIndexes(query: Query): Promise<BrokenIndex[]>;
  /** Whom the engine waits for, in words. */
  findBlocker(query: Query): Promise<string | undefined>;
  /** Variables by which an engine finds the server and nothing else. A patient engine waits for locks as long as it takes. */
  engineEnvironment(settings: RunnerSettings, caFile: string, patient: boolean): Environment;
  /** Takes the version table of an engine from everybody but the owner. */
  protectHistory(engine: EngineName, query: Query, change: Change): Promise<void>;
}
