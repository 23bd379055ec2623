import { Tokenization, type Duration } from 'aws-cdk-lib';

/** A time as PostgreSQL's settings take it. */
export function settingOf(duration: Duration): string {
  return duration.isUnresolved() ? `${Tokenization.stringifyNumber(duration.toSeconds())}s` : `${duration.toMilliseconds()}ms`;
}

/** Settings of a database. What the user wrote wins. */
export function databaseSettings(settings: { [name: string]: string } | undefined, idleInTransaction: Duration): { [name: string]: string } {
  return sorted({ idle_in_transaction_session_timeout: settingOf(idleInTransaction), ...settings });
}

/** Settings of a role. What the user wrote wins. */
export function roleSettings(settings: { [name: string]: string } | undefined, statement?: Duration, lock?: Duration): { [name: string]: string } {
  return sorted({
    ...(statement === undefined ? {} : { statement_timeout: settingOf(statement) }),
    ...(lock === undefined ? {} : { lock_timeout: settingOf(lock) }),
    ...settings,
  });
}

/** Maps from other languages come in any order; the template must not. */
export function sorted(map: { [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
