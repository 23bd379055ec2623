import { normalName, sqlPattern } from './sql-text';
import type { SqlStatement } from '../../../migrations/shared/lint/lint-types';

const KINDS = '(?:TABLE|VIEW|MATERIALIZED VIEW|INDEX|SEQUENCE|TYPE|DOMAIN|FUNCTION|PROCEDURE|AGGREGATE|SCHEMA|FOREIGN TABLE)';
const CREATE = sqlPattern(`^CREATE (?:OR REPLACE )?(?:(?:GLOBAL |LOCAL )?(?:TEMP|TEMPORARY) |UNLOGGED |UNIQUE |RECURSIVE )*${KINDS} (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(NAME)`);
const SELECT_INTO = sqlPattern('^SELECT\\b.* INTO (?:(?:TEMP|TEMPORARY|UNLOGGED) )?(?:TABLE )?(NAME) FROM\\b');
const RENAME = sqlPattern('^ALTER [A-Z ]+? (?:IF EXISTS )?(?:ONLY )?NAME ?\\*? RENAME TO (NAME)');

/** Names that statements make: running code does not know them yet, and their tables are empty. */
export class MadeObjects {
  private readonly names = new Set<string>();

  constructor(statements: readonly SqlStatement[] = []) {
    statements.forEach((statement) => this.add(statement));
  }

  public add({ code }: SqlStatement) {
    const name = CREATE.exec(code)?.[1] ?? RENAME.exec(code)?.[1] ?? SELECT_INTO.exec(code)?.[1];
    if (name) this.names.add(normalName(name));
  }

  public has(name: string): boolean {
    return this.names.has(normalName(name));
  }
}
