import { anyOf, normalName, sqlPattern } from './sql-text';
import type { Report } from './statement-report';
import type { ParsedMigration } from '../../../migrations/shared/lint/lint-types';

const ADD_VALUE = sqlPattern("^ALTER TYPE (NAME) ADD VALUE (?:IF NOT EXISTS )?''");
const CREATE_ENUM = sqlPattern('^CREATE TYPE (NAME) AS ENUM\\b');
/** Statements that make a value of a literal; others only name it. */
const EVALUATES = anyOf([
  /^(INSERT|UPDATE|DELETE|MERGE|SELECT|WITH|VALUES|DO|CALL|COPY)\b/i,
  /^CREATE (TABLE|UNLOGGED|TEMP|INDEX|UNIQUE|VIEW|MATERIALIZED|OR REPLACE VIEW|POLICY|DOMAIN)\b/i,
  /^ALTER (TABLE|DOMAIN|POLICY)\b/i,
]);
const STRING = /'((?:[^']|'')*)'/g;

/**
 * A value added in a transaction cannot be used before the transaction ends (55P04). From PostgreSQL 17 on it can if the transaction made the type as well.
 *
 * @see https://www.postgresql.org/docs/current/sql-altertype.html#id-1.9.3.42.7
 */
export function checkEnumValues({ statements, transactional }: ParsedMigration, report: Report) {
  if (!transactional) return;
  const used = lastUses(statements);
  const made = new Set<string>();
  statements.forEach((statement, index) => {
    const type = CREATE_ENUM.exec(statement.code)?.[1];
    if (type) made.add(normalName(type));
    const extended = ADD_VALUE.exec(statement.code)?.[1];
    if (!extended) return;
    const [value] = statement.literals;
    if ((used.get(value) ?? -1) <= index) return;
    if (made.has(normalName(extended))) {
      report('enum-value-of-new-type', statement, { wrong: `The value '${value}' is used in the transaction that adds it to an enum of the same file.` });
    } else {
      report('enum-value-in-transaction', statement, { wrong: `The enum value '${value}' is used in the transaction that adds it.`, why: 'PostgreSQL refuses that (55P04).' });
    }
  });
}

/** The last statement that uses a literal, also in a body. */
function lastUses(statements: ParsedMigration['statements']): Map<string, number> {
  const used = new Map<string, number>();
  if (!statements.some(({ code }) => ADD_VALUE.test(code))) return used;
  statements.forEach(({ code, literals }, index) => {
    if (!EVALUATES.test(code)) return;
    for (const literal of literals) {
      used.set(literal, index);
      if (/^(DO|CREATE)\b/i.test(code)) for (const [, inner] of literal.matchAll(STRING)) used.set(inner, index);
    }
  });
  return used;
}
