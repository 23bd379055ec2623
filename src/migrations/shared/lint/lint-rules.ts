/** What a rule of the lint is about. Findings say the same, or more exactly what they have found. */
export interface LintRule {
  /** Errors stop the synthesis: the file cannot work, or can leave the database half migrated. Warnings are advice: it works, at a price. */
  readonly level: 'error' | 'warning';
  readonly wrong: string;
  readonly why: string;
  readonly remedy: string;
}

const ALONE = 'Put the statement alone into a file without a transaction: `-- +goose NO TRANSACTION` before Up, or `-- migrate:up transaction:false`.';
const DIGITS = 'Use the same number of digits in all versions.';

const ERRORS = {
  'file-name': {
    wrong: 'The name of the file doesn\'t begin with a version.',
    why: 'goose needs a number from 1 and an underscore, and dbmate needs digits.',
    remedy: 'Rename the file, for example to \'00001_create_users.sql\' (goose) or \'20260102030405_create_users.sql\' (dbmate).',
  },
  'encoding': {
    wrong: 'The file is not UTF-8, or begins with a byte order mark.',
    why: 'Engines read UTF-8 and don\'t skip a byte order mark.',
    remedy: 'Save the file as UTF-8 without a byte order mark.',
  },
  'duplicate-version': {
    wrong: 'Two files have the same version.',
    why: 'The engine records each version once.',
    remedy: 'Use a new version for the newer file.',
  },
  'unordered-versions': {
    wrong: 'dbmate applies the files in another order than the order of their numbers.',
    why: 'dbmate sorts file names as text, in which \'10\' comes before \'9\'.',
    remedy: DIGITS,
  },
  'wrong-engine': {
    wrong: 'The annotations are for the other engine.',
    why: 'An engine ignores annotations of another engine.',
    remedy: 'Use the engine that the file is written for, or rewrite the file.',
  },
  'missing-up': {
    wrong: 'The Up annotation is missing, repeated, or in the wrong place.',
    why: 'The engine refuses the file, or applies nothing.',
    remedy: 'Put one `-- +goose Up` or `-- migrate:up`, alone on its line, before the first statement.',
  },
  'missing-down': {
    wrong: '`-- migrate:down` is missing.',
    why: 'dbmate refuses the file.',
    remedy: 'Add `-- migrate:down` at the end; the section may be empty.',
  },
  'statement-before-up': {
    wrong: 'A statement comes before the Up annotation.',
    why: 'The engine refuses the file.',
    remedy: 'Move the statement below the annotation.',
  },
  'many-sections': {
    wrong: '`-- migrate:up` appears more than once.',
    why: 'dbmate records the version after the first section, so a second section that fails is never applied.',
    remedy: 'Put the second section into a file of its own.',
  },
  'empty-migration': {
    wrong: 'The Up section is empty.',
    why: 'The version would count as applied, although nothing was.',
    remedy: 'Delete the file, or write the missing statements.',
  },
  'statement-marks': {
    wrong: '`StatementBegin` and `StatementEnd` don\'t match, are missing, or can\'t be read.',
    why: 'goose would split the statement, or refuse the file.',
    remedy: 'Put `-- +goose StatementBegin` before and `-- +goose StatementEnd` after the statement.',
  },
  'missing-semicolon': {
    wrong: 'The last statement doesn\'t end with a semicolon at the end of a line.',
    why: 'goose refuses the file.',
    remedy: 'End the statement with a semicolon, followed by nothing but a `--` comment on the same line.',
  },
  'unterminated': {
    wrong: 'A string, comment or dollar quote never ends.',
    why: 'The server would read the rest of the file as a part of it.',
    remedy: 'Close the string, comment or dollar quote.',
  },
  'not-in-transaction': {
    wrong: 'The server refuses the statement inside a transaction, such as `CREATE INDEX CONCURRENTLY`.',
    why: 'The engine runs the file in a transaction.',
    remedy: ALONE,
  },
  'transaction-control': {
    wrong: 'A statement such as `COMMIT` would end the engine\'s transaction half way.',
    why: 'The engine runs the file in a transaction.',
    remedy: 'Remove the statement, or run the file without a transaction: `-- +goose NO TRANSACTION` before Up, or `-- migrate:up transaction:false`.',
  },
  'many-without-transaction': {
    wrong: 'A failure in the middle would leave the file applied in part.',
    why: 'Without a transaction the next run starts at the top of the file, and fails on what is already applied.',
    remedy: 'Put each statement into a file of its own, or make it repeatable: `IF EXISTS`, `IF NOT EXISTS`, `ON CONFLICT`, or drop it first.',
  },
  'empty-search-path': {
    wrong: 'The line, with which dumps begin, empties the search path, and no later line sets it.',
    why: 'The engine, or the next file, then doesn\'t find its tables.',
    remedy: 'Remove the line.',
  },
  'psql-only': {
    wrong: 'The file contains a command or data that only psql understands.',
    why: 'Engines send statements to the server, and nothing else.',
    remedy: 'Remove the command, and write `INSERT` statements for data, for example with `pg_dump --inserts`.',
  },
  'line-too-long': {
    wrong: 'A line is longer than 4 MiB.',
    why: 'goose refuses the file.',
    remedy: 'Break the line, for example between the rows of an `INSERT`.',
  },
  'version-table': {
    wrong: 'After the statement the engine doesn\'t find or can\'t write the table in which it keeps the versions.',
    why: 'The engine writes the version after the statements of the file, and fails.',
    remedy: 'Remove the statement, or name another object.',
  },
  'enum-value-in-transaction': {
    wrong: 'An enum value is used in the transaction that adds it.',
    why: 'The server refuses that (55P04).',
    remedy: 'Add the value in a file of its own.',
  },
  'needs-admin': {
    wrong: 'Only an admin may run the statement, and migrations run as the owner of the database.',
    why: 'The server refuses the statement (42501).',
    remedy: 'Remove the statement; use `extensions` of the database, `addUser()`, or `pg_dump --no-owner --no-privileges --no-comments`.',
  },
  'released-file-changed': {
    wrong: 'A released file has changed, or \'migrations.sum\' can\'t be read.',
    why: 'Databases that applied the file don\'t get the change.',
    remedy: 'Restore the file, and write the change into a new file.',
  },
  'released-file-missing': {
    wrong: 'A released file is missing.',
    why: 'A new database would differ from existing databases.',
    remedy: 'Restore the file.',
  },
  'older-than-released': {
    wrong: 'A new file has a version below a released version.',
    why: 'goose refuses the file, and with dbmate databases would apply the files in different orders.',
    remedy: 'Use a newer version.',
  },
  'unknown-rule': {
    wrong: 'A comment accepts a rule that doesn\'t exist.',
    why: 'The comment would accept nothing.',
    remedy: 'Use the name of a rule.',
  },
};

const WARNINGS = {
  'drops-table': {
    wrong: 'The statement deletes a table, schema, materialized view or database, or all that a role owns.',
    why: 'The data is lost, and code that still runs fails.',
    remedy: 'Drop only objects that no running release uses, after a backup.',
  },
  'drops-column': {
    wrong: 'The statement deletes a column with its data.',
    why: 'The data is lost, and code that still names the column fails.',
    remedy: 'Drop only columns that no running release uses.',
  },
  'truncates': {
    wrong: '`TRUNCATE` deletes all rows.',
    why: 'The table is locked against reads until the transaction ends.',
    remedy: 'Truncate only tables that no running release uses, after a backup.',
  },
  'deletes-everything': {
    wrong: '`DELETE` without `WHERE` deletes all rows.',
    why: 'The data is lost once the migration is applied.',
    remedy: 'Add a `WHERE` clause.',
  },
  'index-blocks-writes': {
    wrong: '`CREATE INDEX` blocks all writes to the table until the index is built.',
    why: 'Requests that write to the table wait.',
    remedy: 'Use `CREATE INDEX CONCURRENTLY`, alone in a file without a transaction.',
  },
  'rewrites-table': {
    wrong: 'Changing the type of a column usually rewrites the table.',
    why: 'Nobody can read the table until that is done.',
    remedy: 'Add a column of the new type, copy in batches, move the code over, then drop the old column.',
  },
  'scans-table': {
    wrong: 'A new constraint is checked against the whole table.',
    why: 'The table is locked until that is done.',
    remedy: 'Add the constraint with `NOT VALID`, and use `VALIDATE CONSTRAINT` in another file.',
  },
  'renames': {
    wrong: 'The statement renames an object that running code uses.',
    why: 'Code of the previous release runs during and after the migration, and doesn\'t know the new name.',
    remedy: 'Add the new name, move the code over in a release, then drop the old name.',
  },
  'locks-table': {
    wrong: 'The statement locks a table or view for as long as it works.',
    why: 'Requests wait, and all others wait behind them.',
    remedy: 'Use the form with `CONCURRENTLY`, or work outside of a deployment.',
  },
  'fails-on-rows': {
    wrong: 'A new column is `NOT NULL` without a default.',
    why: 'PostgreSQL refuses that (23502) as soon as there is a row, and code of the previous release inserts rows without the column.',
    remedy: 'Add a constant `DEFAULT`, or add the column without `NOT NULL` and fill it first.',
  },
  'updates-everything': {
    wrong: '`UPDATE` without `WHERE` rewrites all rows.',
    why: 'The rows stay locked, and the deployment waits, until the transaction ends.',
    remedy: 'Add a `WHERE` clause, or let a command of your service work in batches after the deployment.',
  },
  'drops-object': {
    wrong: 'The statement deletes a view, function, type or sequence.',
    why: 'Code of the previous release runs during and after the migration, and fails without it.',
    remedy: 'Drop only objects that no running release uses.',
  },
  'changes-role': {
    wrong: 'The statement changes the role.',
    why: 'New objects belong to that role, and the owner of the database can\'t change them later.',
    remedy: 'Remove the statement; migrations act as the owner of the database already.',
  },
  'may-need-admin': {
    wrong: 'The statement may need an admin, and migrations run as the owner of the database.',
    why: 'Whether the server refuses it (42501) depends on the database.',
    remedy: 'Use `extensions` of the database, `addUser()`, or `pg_dump --no-owner --no-privileges --no-comments`.',
  },
  'invalid-index': {
    wrong: '`CREATE INDEX CONCURRENTLY IF NOT EXISTS` takes an invalid index for a finished index.',
    why: 'A build that fails leaves an invalid index, which no query uses.',
    remedy: 'Use `DROP INDEX CONCURRENTLY IF EXISTS` before `CREATE INDEX CONCURRENTLY`, in the same file.',
  },
  'enum-value-of-new-type': {
    wrong: 'An enum value is used in the transaction that adds it to an enum of the same file.',
    why: 'PostgreSQL 15 and 16 refuse that (55P04).',
    remedy: 'Name the value in `CREATE TYPE`.',
  },
  'down-section': {
    wrong: 'The Down section can\'t be read.',
    why: 'Nothing runs it in a deployment, and by hand it would fail.',
    remedy: 'Correct the section, or leave it empty.',
  },
  'environment-substitution': {
    wrong: '`ENVSUB` puts environment variables of the container into SQL, the variables of the connection included.',
    why: 'A variable that changes doesn\'t make the migration run again.',
    remedy: 'Write the values into the file.',
  },
  'confusing-order': {
    wrong: 'goose applies the files in another order than the order of their names.',
    why: 'goose sorts versions as numbers, in which \'9\' comes before \'10\'.',
    remedy: DIGITS,
  },
};

/** Name of a rule, as written after `cdk-private-backend:allow`. */
export type RuleName = keyof typeof ERRORS | keyof typeof WARNINGS;

/** All rules, by name. The reference page has a row for each. */
export const LINT_RULES: Readonly<Record<RuleName, LintRule>> = { ...withLevel('error', ERRORS), ...withLevel('warning', WARNINGS) };

/** Rules whose findings stop the synthesis. */
export const ERROR_RULES = Object.keys(ERRORS) as RuleName[];

/** Rules whose findings are advice. */
export const WARNING_RULES = Object.keys(WARNINGS) as RuleName[];

/** The text of a finding: that of its rule, but for the parts that say it more exactly. An empty part is left out. */
export function findingText(rule: RuleName, exactly: Partial<Omit<LintRule, 'level'>> = {}): string {
  const { wrong, why, remedy } = { ...LINT_RULES[rule], ...exactly };
  return [wrong, why, remedy].filter((part) => part !== '').join(' ');
}

function withLevel<Name extends string>(level: LintRule['level'], rules: Record<Name, Omit<LintRule, 'level'>>): Record<Name, LintRule> {
  return Object.fromEntries(Object.entries<Omit<LintRule, 'level'>>(rules).map(([name, rule]) => [name, { level, ...rule }])) as Record<Name, LintRule>;
}
