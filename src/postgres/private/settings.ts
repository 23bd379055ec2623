import { Token, Tokenization, type Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { validateSettingNames } from './parameter-rules';
import { InvalidBackendError } from '../../private/errors';

/** One name, or the name of an extension and one of its settings. */
const SETTING = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)?$/i;

/** Settings that follow from the access of a user. */
const DECIDED = ['role', 'session_authorization'];

/** Refuses settings that PostgreSQL has no name for, that are given twice, or that this library decides. */
export function validateSettings(scope: IConstruct, settings: { [name: string]: string } = {}, props: { [name: string]: unknown } = {}): void {
  const names = Object.keys(settings).filter(name => !Token.isUnresolved(name));
  for (const name of names) {
    const lower = name.toLowerCase();
    if (!SETTING.test(name)) {
      throw new InvalidBackendError(scope, 'Postgres.settingName', `\`settings\` contains '${name}', which isn't a valid setting name. Use letters, digits and '_', such as 'work_mem' or 'auto_explain.log_min_duration'.`);
    }
    if (DECIDED.includes(lower)) {
      throw new InvalidBackendError(scope, 'Postgres.settingDecided', `\`settings\` can't contain '${name}', because each user's \`access\` decides it. Set \`access\` in \`database.addUser()\`.`);
    }
    const twice = names.find(other => other !== name && other.toLowerCase() === lower);
    if (twice !== undefined) {
      throw new InvalidBackendError(scope, 'Postgres.settingTwice', `\`settings\` contains '${name}' and '${twice}', which are the same setting. Remove one of them.`);
    }
    const prop = Object.keys(props).find(key => props[key] !== undefined && settingNameOf(key) === lower);
    if (prop !== undefined) {
      throw new InvalidBackendError(scope, 'Postgres.settingAndProp', `\`${prop}\` and the setting '${lower}' are both set, and mean the same. Remove one of them.`);
    }
  }
  validateSettingNames(scope, settings);
}

/** `statementTimeout` as PostgreSQL writes it. */
function settingNameOf(prop: string): string {
  return prop.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

/** A time as PostgreSQL's settings take it. */
export function settingOf(duration: Duration): string {
  return duration.isUnresolved() ? `${Tokenization.stringifyNumber(duration.toSeconds())}s` : `${duration.toMilliseconds()}ms`;
}

/** Settings of a database. What the user wrote wins. */
export function databaseSettings(settings: { [name: string]: string } | undefined, idleInTransaction: Duration): { [name: string]: string } {
  return merged({ idle_in_transaction_session_timeout: settingOf(idleInTransaction) }, settings);
}

/** Names of the settings that nobody wrote. */
export function defaultSettings(settings: { [name: string]: string } = {}, idleInTransaction: Duration | undefined): string[] | undefined {
  const name = 'idle_in_transaction_session_timeout';
  const written = idleInTransaction !== undefined || Object.keys(settings).some(key => key.toLowerCase() === name);
  return written ? undefined : [name];
}

/** Settings of a role. What the user wrote wins. */
export function roleSettings(settings: { [name: string]: string } | undefined, statement?: Duration, lock?: Duration): { [name: string]: string } {
  return merged({
    ...(statement === undefined ? {} : { statement_timeout: settingOf(statement) }),
    ...(lock === undefined ? {} : { lock_timeout: settingOf(lock) }),
  }, settings);
}

/** Names of settings are the same in any case. */
function merged(defaults: { [name: string]: string }, settings: { [name: string]: string } = {}): { [name: string]: string } {
  const given = Object.keys(settings).map(name => name.toLowerCase());
  return sorted({ ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !given.includes(name))), ...settings });
}

/** Maps from other languages come in any order; the template must not. */
export function sorted(map: { [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
