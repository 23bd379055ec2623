import { Token, Tokenization, type Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** One name, or the name of an extension and one of its settings. */
const SETTING = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)?$/i;

/** Settings that this library decides, and what to use instead. */
const DECIDED: { readonly [name: string]: string } = {
  role: 'Whom a user acts as follows from its access.',
  session_authorization: 'Whom a user acts as follows from its access.',
};

/** Refuses settings that PostgreSQL has no name for, that are given twice, or that this library decides. */
export function validateSettings(scope: IConstruct, settings: { [name: string]: string } = {}, props: { [name: string]: unknown } = {}): void {
  const names = Object.keys(settings).filter(name => !Token.isUnresolved(name));
  for (const name of names) {
    const lower = name.toLowerCase();
    if (!SETTING.test(name)) {
      throw new InvalidBackendError(scope, `settings: '${name}' is not the name of a setting. Names are letters, digits and '_', like 'work_mem' or 'auto_explain.log_min_duration'.`);
    }
    if (DECIDED[lower] !== undefined) {
      throw new InvalidBackendError(scope, `settings: '${name}' cannot be set. ${DECIDED[lower]}`);
    }
    if (names.some(other => other !== name && other.toLowerCase() === lower)) {
      throw new InvalidBackendError(scope, `settings: '${lower}' is given twice, in different spellings. Give it once.`);
    }
    const prop = Object.keys(props).find(key => props[key] !== undefined && settingNameOf(key) === lower);
    if (prop !== undefined) {
      throw new InvalidBackendError(scope, `Set ${prop} or the setting ${lower}, not both.`);
    }
  }
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
