import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import type { FileNeeds, Query, RunnerDialect } from './runner-dialect';
import { messageOf, RunnerFailure } from './runner-failure';
import type { Environment, RunnerSettings } from './settings';
import { compareVersions, versionOf } from '../../shared/lint/file-name';
import { parseMigration } from '../../shared/lint/lint';
import { ENGINE_SETTING, type EngineName, RunnerEnv, RunnerExit } from '../../shared/runner.contract';

const ARGUMENTS: Record<EngineName, (directory: string) => string[]> = {
  goose: (directory) => ['-no-color', '-env=none', '-dir', directory, 'up'],
  dbmate: (directory) => ['--no-dump-schema', '--migrations-dir', directory, 'migrate'],
};

/** A file of the directory. */
export interface PlannedFile extends FileNeeds {
  readonly name: string;
  readonly version: string;
  readonly transactional: boolean;
}

/** The directory beside what the database says is applied. */
export interface MigrationState {
  /** Not applied, in the order in which the engine takes them. */
  readonly pending: readonly PlannedFile[];
  readonly applied: ReadonlySet<string>;
  /** Newest version of the database. */
  readonly version?: string;
  /** Newest version of the directory, where the database is ahead of it. */
  readonly behind?: string;
}

/** What is around an engine. */
export interface EngineSurroundings {
  /** Environment of the runner. */
  readonly inherited: Environment;
  readonly caFile: string;
  readonly home: string;
  /** Whether its statements wait for locks as long as it takes. */
  readonly patient: boolean;
}

/** Reads the files of the directory, in the order in which the engine takes them. */
export function readPlan({ split, needsOf }: Pick<RunnerDialect, 'split' | 'needsOf'>, engine: EngineName, directory: string): PlannedFile[] {
  try {
    const files = readdirSync(directory).flatMap((name) => {
      const version = versionOf(engine, name);
      if (version === undefined) return [];
      const parsed = parseMigration(split, engine, { name, content: readFileSync(join(directory, name), 'utf8') });
      return [{ name, version, transactional: parsed.transactional, ...needsOf(parsed) }];
    });
    return files.sort((left, right) => compareVersions(engine, left.version, right.version));
  } catch (error) {
    throw new RunnerFailure(RunnerExit.MISCONFIGURED, `The migrations can't be read: ${messageOf(error)}. Use the image that this library builds.`);
  }
}

/** Compares the directory with the engine's version table. */
export async function readState({ history }: Pick<RunnerDialect, 'history'>, engine: EngineName, plan: readonly PlannedFile[], query: Query): Promise<MigrationState> {
  const table = (await query(history[engine].findTable))[0]?.name;
  const rows = table ? await query(history[engine].listApplied(table)) : [];
  const versions = rows.map((row) => String(row.version)).sort((left, right) => compareApplied(engine, left, right));
  const version = versions[versions.length - 1];
  const newest = plan[plan.length - 1]?.version;
  const ahead = version !== undefined && newest !== undefined && compareApplied(engine, version, newest) > 0;
  const applied = new Set(versions);
  return { pending: plan.filter((file) => !applied.has(file.version)), applied, version, behind: ahead ? newest : undefined };
}

/** Arguments of the engine: never a secret, since every process can read them. */
export function engineArguments(engine: EngineName, directory: string): string[] {
  return ARGUMENTS[engine](directory);
}

/**
 * Environment of the engine. Whatever would lead it elsewhere is left out: other connection variables, its own settings, and files in
 * the home directory.
 */
export function engineEnvironment(dialect: Pick<RunnerDialect, 'misleading' | 'engineEnvironment'>, settings: RunnerSettings, { inherited, caFile, home, patient }: EngineSurroundings): Record<string, string> {
  const isOwn = (name: string) => ENGINE_SETTING.test(name) || dialect.misleading.test(name) || name.startsWith('MIGRATION_') || name === RunnerEnv.CA;
  const kept = Object.entries(inherited).filter(([name]) => !isOwn(name));
  const all = [...kept, ...Object.entries({ HOME: home, ...dialect.engineEnvironment(settings, caFile, patient) })];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The version table may hold what no file name could, put there by hand. */
function compareApplied(engine: EngineName, left: string, right: string): number {
  const numeric = /^-?\d+$/.test(left) && /^-?\d+$/.test(right);
  return compareVersions(numeric ? engine : 'dbmate', left, right);
}
