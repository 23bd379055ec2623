import type { MadeObjects } from './made-objects';
import { normalName, splitList, sqlPattern, topLevel } from './sql-text';
import type { Exactly, Report } from './statement-report';
import type { RuleName } from '../../../migrations/shared/lint/lint-rules';
import type { SqlStatement } from '../../../migrations/shared/lint/lint-types';

const ALTER_TABLE = sqlPattern('^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(NAME) ?\\*? ?(.*)$');
const ADD_COLUMN = sqlPattern('^ADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT\\b|CHECK\\b|FOREIGN\\b|EXCLUDE\\b|UNIQUE\\b|PRIMARY\\b|NOT NULL\\b)(NAME) (.*)$');
const NOT_VALID = sqlPattern('^ADD CONSTRAINT (NAME) .* NOT VALID$');
const VALIDATE = sqlPattern('^VALIDATE CONSTRAINT (NAME)$');

/** A row of the table: the rule of an action of `ALTER TABLE`. The first that fits counts; one without a rule is harmless. */
interface ActionAdvice {
  readonly pattern: RegExp;
  readonly rule?: RuleName;
  readonly exactly?: (table: string) => Exactly;
}

const ACTIONS: readonly ActionAdvice[] = [
  { pattern: /^DROP (CONSTRAINT|DEFAULT|NOT NULL|EXPRESSION|IDENTITY)\b/i },
  { pattern: /^DROP\b/i, rule: 'drops-column', exactly: (table) => ({ wrong: `The statement deletes a column of ${table} with its data.` }) },
  { pattern: /^RENAME CONSTRAINT\b/i },
  { pattern: /^RENAME\b/i, rule: 'renames' },
  { pattern: sqlPattern('^ALTER (?:COLUMN )?NAME (?:SET DATA )?TYPE\\b'), rule: 'rewrites-table', exactly: (table) => ({ wrong: `Changing the type of a column usually rewrites ${table}.` }) },
  { pattern: sqlPattern('^ALTER (?:COLUMN )?NAME SET EXPRESSION\\b'), rule: 'rewrites-table', exactly: (table) => ({ ...rewrite(table), wrong: `Changing the expression of a column rewrites ${table}.` }) },
  { pattern: /^SET (LOGGED|UNLOGGED|TABLESPACE|ACCESS METHOD)\b/i, rule: 'rewrites-table', exactly: (table) => ({ ...rewrite(table), remedy: 'Change the table outside of a deployment, while nobody uses it.' }) },
  { pattern: /\bSET NOT NULL$/i, rule: 'scans-table', exactly: notNull },
  { pattern: /^ADD (CONSTRAINT\b.*? )?(CHECK|FOREIGN KEY|EXCLUDE|NOT NULL)\b.* NOT VALID$/i },
  { pattern: /^ADD (CONSTRAINT\b.*? )?NOT NULL\b/i, rule: 'scans-table', exactly: notNull },
  { pattern: /^ADD (CONSTRAINT\b.*? )?(CHECK|FOREIGN KEY|EXCLUDE)\b/i, rule: 'scans-table', exactly: (table) => ({ wrong: `The constraint is checked against all of ${table}.`, why: 'A lock blocks writes until that is done.' }) },
  { pattern: /^ADD (CONSTRAINT\b.*? )?(UNIQUE|PRIMARY KEY)\b(?! USING INDEX)/i, rule: 'scans-table', exactly: newIndex },
  { pattern: sqlPattern('^ATTACH PARTITION (NAME)'), rule: 'scans-table', exactly: (table) => ({ wrong: `The rows of the partition are checked against its bounds in ${table}.`, remedy: 'Add a `CHECK` constraint with the same bounds to the partition first.' }) },
  { pattern: /^DETACH PARTITION\b(?!.* (CONCURRENTLY|FINALIZE)$)/i, rule: 'locks-table', exactly: (table) => ({ wrong: `\`DETACH PARTITION\` locks ${table} against reads and writes.`, remedy: 'Use `DETACH PARTITION … CONCURRENTLY`, alone in a file without a transaction.' }) },
];

/** Functions with one result in a transaction, and types that look like functions: a default of these does not rewrite the table. */
const STABLE = new RegExp(`^(${['now', 'transaction_timestamp', 'statement_timestamp', 'current_\\w+', 'localtime', 'localtimestamp', 'to_timestamp', 'to_date', 'to_tsvector', 'make_\\w+', 'date_trunc',
  'date_part', 'extract', 'timezone', 'age', 'coalesce', 'nullif', 'greatest', 'least', 'cast', 'lower', 'upper', 'md5', 'sha256', 'encode', 'decode', 'concat', 'concat_ws', 'replace', 'repeat',
  'substr', 'substring', 'trim', 'btrim', 'length', 'abs', 'round', 'floor', 'ceil', 'power', 'mod', 'array', 'array_\\w+', 'row', 'jsonb?_build_\\w+', 'to_jsonb?', 'jsonb?_\\w+', 'int4range', 'int8range',
  'numrange', 'tsrange', 'tstzrange', 'daterange', 'point', 'box', 'in', 'and', 'or', 'not', 'current_setting', 'varchar', 'char', 'character', 'varying', 'bpchar', 'numeric', 'decimal', 'dec', 'bit',
  'varbit', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval', 'float', 'uuid_nil', 'gen_\\w+_constant'].join('|')})$`, 'i');

/** What the file has added `NOT VALID` so far. */
interface FileState {
  readonly notValid: Set<string>;
  readonly transactional: boolean;
}

/** Advice about each action of an `ALTER TABLE`, on a table that the file has not made. */
export function adviseTable(statement: SqlStatement, made: MadeObjects, state: FileState, report: Report) {
  const [, table, rest] = ALTER_TABLE.exec(statement.code) ?? [];
  if (!table || made.has(table)) return;
  for (const action of splitList(rest)) {
    const column = ADD_COLUMN.exec(action);
    if (column) adviseColumn(statement, table, column[2], report);
    else adviseAction(statement, table, action, state, report);
  }
}

function adviseAction(statement: SqlStatement, table: string, action: string, { notValid, transactional }: FileState, report: Report) {
  const key = (name: string) => `${normalName(table)} ${normalName(name)}`;
  const added = NOT_VALID.exec(action)?.[1];
  if (added) notValid.add(key(added));
  const validated = VALIDATE.exec(action)?.[1];
  if (validated && transactional && notValid.has(key(validated))) report('scans-table', statement, validatedAtOnce(table));
  const advice = ACTIONS.find(({ pattern }) => pattern.test(action));
  if (advice?.rule) report(advice.rule, statement, advice.exactly?.(table));
}

function adviseColumn(statement: SqlStatement, table: string, definition: string, report: Report) {
  const outside = topLevel(definition);
  const value = /\bDEFAULT (.*?)(?= (?:NOT NULL|NULL|CHECK|UNIQUE|PRIMARY|REFERENCES|CONSTRAINT|COLLATE|GENERATED)\b|$)/i.exec(definition)?.[1];
  const generated = /\bGENERATED (ALWAYS|BY DEFAULT) AS IDENTITY\b|\bGENERATED ALWAYS AS ?\(.*\) STORED\b/i.test(definition);
  const serial = /^(small|big)?serial[248]?\b/i.test(definition);
  const changing = value === undefined ? undefined : [...value.matchAll(/(::? ?)?"?([\w$]+)"? ?\(/g)].find(([, cast, name]) => cast === undefined && !STABLE.test(name));
  if (generated || serial) report('rewrites-table', statement, { ...rewrite(table), wrong: `${serial ? 'A serial' : 'A generated'} column is computed for each row, which rewrites ${table}.` });
  else if (changing) report('rewrites-table', statement, { ...rewrite(table), wrong: `A default with \`${changing[2]}()\` is computed for each row, which rewrites ${table}.` });
  if (/\b(UNIQUE|PRIMARY KEY)\b/i.test(outside)) report('scans-table', statement, newIndex(table));
  if (/\bNOT NULL\b|\bPRIMARY KEY\b/i.test(outside) && (value === undefined || /^NULL\b/i.test(value)) && !generated && !serial && !/\bGENERATED\b/i.test(outside)) report('fails-on-rows', statement, { wrong: `The new column is \`NOT NULL\` without a default, so the statement fails if ${table} has rows.` });
  if (/\bREFERENCES\b/i.test(outside) && value !== undefined && !/^NULL\b/i.test(value)) report('scans-table', statement, { wrong: `The foreign key is checked for each row of ${table}.`, why: 'A lock blocks writes until that is done.' });
}

function rewrite(table: string): Exactly {
  return { wrong: `The statement rewrites ${table}.`, remedy: 'Add the column without it, fill the rows in batches, then set the default.' };
}

function validatedAtOnce(table: string): Exactly {
  return { wrong: `The constraint is validated in the transaction that adds it, so ${table} stays locked.`, why: '', remedy: 'Use `VALIDATE CONSTRAINT` in another file.' };
}

function notNull(table: string): Exactly {
  return {
    wrong: `\`SET NOT NULL\` reads all of ${table}.`,
    why: 'Nobody can read or write the table until that is done.',
    remedy: 'Add `CHECK (… IS NOT NULL) NOT VALID`, then use `VALIDATE CONSTRAINT` in another file, then `SET NOT NULL`.',
  };
}

function newIndex(table: string): Exactly {
  return {
    wrong: `The index for the constraint is built from all of ${table}.`,
    why: 'Nobody can read or write the table until that is done.',
    remedy: 'Build the index with `CREATE UNIQUE INDEX CONCURRENTLY`, then use `ADD CONSTRAINT … USING INDEX`.',
  };
}
