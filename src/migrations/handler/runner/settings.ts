import { readFileSync } from 'fs';
import type { RunnerDialect } from './runner-dialect';
import { RunnerFailure } from './runner-failure';
import { type EngineName, RunnerDefaults, RunnerEnv, RunnerExit } from '../../shared/runner.contract';

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the runner is asked to do. */
export interface RunnerSettings {
  readonly engine: EngineName;
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PEM. */
  readonly ca: string;
  readonly expectedRole?: string;
  readonly connectSeconds: number;
  readonly lockSeconds: number;
  readonly lockTimeout: string;
  readonly stopSeconds: number;
}

/** The part of a dialect that settings follow. */
type SettingsDialect = Pick<RunnerDialect, 'variables' | 'defaultPort' | 'duration'>;

/** Reads the settings, and names everything that is wrong at once. */
export function readSettings(dialect: SettingsDialect, environment: Environment): RunnerSettings {
  const { variables, defaultPort, duration } = dialect;
  const reader = new SettingsReader(environment);
  const settings: RunnerSettings = {
    engine: reader.oneOf(RunnerEnv.ENGINE, ['goose', 'dbmate']),
    directory: reader.required(RunnerEnv.DIRECTORY),
    host: reader.required(variables.host),
    port: reader.number(variables.port, defaultPort),
    user: reader.required(variables.user),
    password: reader.required(variables.password),
    database: reader.required(variables.database),
    ca: reader.authority(),
    expectedRole: environment[RunnerEnv.EXPECTED_ROLE] || undefined,
    connectSeconds: reader.number(RunnerEnv.CONNECT_SECONDS, RunnerDefaults.CONNECT_SECONDS),
    lockSeconds: reader.number(RunnerEnv.LOCK_SECONDS, RunnerDefaults.LOCK_SECONDS),
    lockTimeout: reader.duration(duration, RunnerEnv.LOCK_TIMEOUT, RunnerDefaults.LOCK_TIMEOUT),
    stopSeconds: reader.number(RunnerEnv.STOP_SECONDS, RunnerDefaults.STOP_SECONDS),
  };
  reader.throwProblems();
  return settings;
}

class SettingsReader {
  private readonly problems: string[] = [];

  constructor(private readonly environment: Environment) {
  }

  public required(name: string): string {
    const value = this.environment[name] ?? '';
    if (value === '') this.problems.push(`${name} is missing`);
    return value;
  }

  public oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((value) => value === this.environment[name]);
    if (found === undefined) this.problems.push(`${name} must be ${allowed.join(' or ')}, got '${this.environment[name] ?? ''}'`);
    return found ?? allowed[0];
  }

  public number(name: string, fallback: number): number {
    const value = this.environment[name] ?? '';
    if (value === '') return fallback;
    if (!/^\d{1,7}$/.test(value)) this.problems.push(`${name} must be a whole number, got '${value}'`);
    return Number(value);
  }

  public duration({ pattern, words }: SettingsDialect['duration'], name: string, fallback: string): string {
    const value = this.environment[name] || fallback;
    if (!pattern.test(value)) this.problems.push(`${name} must be ${words}, got '${value}'`);
    return value;
  }

  /** The authority that came with the password, else the RDS roots of the image. */
  public authority(): string {
    const given = this.environment[RunnerEnv.CA] ?? '';
    const file = this.environment[RunnerEnv.CA_FILE] ?? '';
    const pem = given !== '' ? given : this.read(file);
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
      this.problems.push(`${RunnerEnv.CA} and the file in ${RunnerEnv.CA_FILE} must contain a PEM certificate, because the runner verifies the server`);
    }
    return pem;
  }

  public throwProblems() {
    const problems = this.problems.join('; ');
    if (problems !== '') throw new RunnerFailure(RunnerExit.MISCONFIGURED, `The environment of the container is wrong: ${problems}. Correct \`environment\` and \`secrets\` of the \`MigrationTask\`.`);
  }

  private read(file: string): string {
    try {
      return file === '' ? '' : readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  }
}
