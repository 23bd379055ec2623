import { blockStatements, normalName, sqlPattern, verb } from './sql-text';
import { applyRules, ruleTable, type Exactly, type Report, type StatementRule } from './statement-report';
import { isTrusted, needsSuperuser } from './superuser-names';
import type { ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';

const USERS = 'Declare users with `addUser()`, and grant privileges on tables to them.';
const OWNERS = 'Remove the statement; dump with `pg_dump --no-owner --no-privileges --no-comments`.';
const EXTENSIONS = 'List the extension in `extensions` of the database, and remove the statement.';
const PARAMETERS = 'Set the parameter in `parameters` of the server, and remove the statement.';
const ADMIN = 'Remove the statement, and let an admin run it by hand where you need it.';
const TABLES = 'Name the tables: `FOR TABLE a, b`.';
const ROWS = 'Write `INSERT` statements, or load the data from a service.';

const OWN_ROLE = '(?!"?(?:CURRENT_USER|CURRENT_ROLE)\\b)';
const OWN_GROUP = '(?:"[^"]*_owner"|\\w*_owner)(?![\\w"])';
const CREATE_EXTENSION = sqlPattern('^CREATE EXTENSION (IF NOT EXISTS )?(NAME)');
const CHANGE_EXTENSION = sqlPattern('^(?:COMMENT ON EXTENSION|ALTER EXTENSION|DROP EXTENSION(?: IF EXISTS)?) (NAME)');
const SETS = '(?:SET (?:SESSION |LOCAL )?|(?:ALTER (?:DATABASE|ROLE|USER|FUNCTION|PROCEDURE)|CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE))\\b.* SET )';
const PARAMETER = new RegExp(`^${SETS}"?(\\w+)"? ?(?:=|\\bTO\\b|\\bFROM\\b)`, 'i');

const always = (pattern: RegExp, remedy: string): StatementRule => ({ pattern, rule: 'needs-admin', exactly: (_, statement) => adminText(statement, remedy) });
const perhaps = (pattern: RegExp, remedy: string, why: string): StatementRule => ({
  pattern, rule: 'may-need-admin', exactly: (_, statement) => ({ ...adminText(statement, remedy), wrong: `\`${verb(statement)}\` may need an admin.`, why }),
});
const never = (pattern: RegExp): StatementRule => ({ pattern, rule: 'needs-admin', exactly: () => undefined });

const EXISTS = 'With `IF EXISTS` the statement passes only where the object is missing.';

/**
 * Statements that the owner of a database may not run (42501). The first that fits counts.
 *
 * @see https://www.postgresql.org/docs/current/sql-createextension.html
 * @see https://www.postgresql.org/docs/current/sql-createpublication.html
 */
const RIGHTS = ruleTable([
  never(sqlPattern('^ALTER (?:ROLE|USER) (?:CURRENT_USER|CURRENT_ROLE|"?\\w+_owner"?|ALL IN DATABASE NAME)(?: IN DATABASE NAME)? (?:SET|RESET)\\b(?! SESSION AUTHORIZATION)')),
  never(/^ALTER (?:ROLE|USER) (?:CURRENT_USER|CURRENT_ROLE) (WITH )?(ENCRYPTED )?PASSWORD\b/i),
  always(/^(CREATE|ALTER|DROP) (ROLE|GROUP|USER(?! MAPPING))\b/i, USERS),
  always(/^(GRANT|REVOKE)\b(?!.* ON\b)/i, USERS),
  always(/^(GRANT|REVOKE) .* ON PARAMETER\b/i, PARAMETERS),
  always(/^COMMENT ON (ROLE|TABLESPACE|EVENT TRIGGER|ACCESS METHOD)\b/i, OWNERS),
  always(/^SECURITY LABEL\b/i, ADMIN),
  always(/^(CREATE|ALTER) EVENT TRIGGER\b|^DROP EVENT TRIGGER (?!IF EXISTS)/i, ADMIN),
  perhaps(/^DROP EVENT TRIGGER\b/i, ADMIN, EXISTS),
  always(/^(CREATE|ALTER) PUBLICATION .*\b(FOR ALL (TABLES|SEQUENCES)|TABLES IN SCHEMA)\b/i, TABLES),
  always(/^CREATE SUBSCRIPTION\b|^(ALTER|DROP) SUBSCRIPTION (?!IF EXISTS)/i, ADMIN),
  always(/^COPY\b.* (FROM|TO) (PROGRAM )?(E|U&)?''/i, ROWS),
  always(/^ALTER SYSTEM\b/i, PARAMETERS),
  always(/^(CREATE|ALTER) TABLESPACE\b|^DROP TABLESPACE (?!IF EXISTS)/i, ADMIN),
  always(/^CREATE DATABASE\b|^DROP DATABASE (?!IF EXISTS)|^ALTER DATABASE .* RENAME TO\b/i, 'Declare the database with `addDatabase()`, and remove the statement.'),
  always(/^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b.* LANGUAGE "?(c|internal)"?( |$)/i, ADMIN),
  always(/^(CREATE (OR REPLACE )?FUNCTION|ALTER (FUNCTION|ROUTINE))\b(?!.*\bNOT LEAKPROOF\b).*\bLEAKPROOF\b/i, ADMIN),
  always(/^(CREATE|ALTER) FOREIGN DATA WRAPPER\b/i, ADMIN),
  perhaps(/^CREATE SERVER\b/i, 'Let an admin grant `USAGE ON FOREIGN DATA WRAPPER` to the owner of the database.', 'The owner needs a privilege on the foreign-data wrapper.'),
  always(/^CREATE ACCESS METHOD\b|^(CREATE|ALTER) TEXT SEARCH (PARSER|TEMPLATE)\b/i, ADMIN),
  always(/^CREATE OPERATOR (CLASS|FAMILY)\b|^ALTER OPERATOR FAMILY .* (ADD|DROP)\b/i, ADMIN),
  always(sqlPattern('^CREATE TYPE NAME$|^CREATE TYPE NAME ?\\( ?(?:INPUT|OUTPUT) ?='), ADMIN),
  always(/^(CHECKPOINT|LOAD)\b/i, ADMIN),
  always(/^SELECT\b.*\b(lo_import|lo_export|pg_read_file|pg_read_binary_file|pg_ls_dir|pg_stat_file|pg_reload_conf|pg_rotate_logfile) ?\(/i, ADMIN),
  always(/^(?:UPDATE|DELETE FROM|INSERT INTO|ALTER TABLE) (?:ONLY )?"?pg_catalog"? ?\. ?"?\w+/i, ADMIN),
  always(/^(?:UPDATE|DELETE FROM|INSERT INTO|ALTER TABLE) (?:ONLY )?pg_(?:class|attribute|enum|proc|type|database|index|constraint|depend|authid)\b/i, ADMIN),
  perhaps(/^ALTER TABLE .*\bDISABLE TRIGGER ALL\b/i, 'Name the triggers, or use `DISABLE TRIGGER USER`.', 'Triggers of foreign keys belong to the system.'),
  always(/^CREATE (OR REPLACE )?(TRUSTED )?(PROCEDURAL )?LANGUAGE (?!"?(plpgsql|plperl|pltcl)\b)/i, EXTENSIONS),
  { pattern: /^SET (?:SESSION )?SESSION AUTHORIZATION (?!DEFAULT\b)/i, rule: 'needs-admin', exactly: (_, statement) => adminText(statement, 'Remove the statement.') },
  ...ofOthers('^ALTER\\b.* OWNER TO '),
  ...ofOthers('^CREATE SCHEMA\\b.* AUTHORIZATION '),
  ...ofOthers('^ALTER DEFAULT PRIVILEGES\\b.*? FOR (?:ROLE|USER) '),
  ...ofOthers('^(?:REASSIGN|DROP) OWNED BY '),
]);

/** The group that owns a database is called after it, such as `shop_owner`, and may be named; the name of the database is not known here. */
function ofOthers(before: string): StatementRule[] {
  return [
    perhaps(new RegExp(`${before}${OWN_GROUP}`, 'i'), 'Write `CURRENT_ROLE`, or remove the statement.', 'The statement passes only where the role is the owner of the database.'),
    always(new RegExp(`${before}${OWN_ROLE}`, 'i'), OWNERS),
  ];
}

function adminText(statement: Pick<SqlStatement, 'code'>, remedy: string): Exactly {
  return { wrong: `\`${verb(statement)}\` needs an admin, and migrations run as the owner of the database.`, why: 'PostgreSQL refuses the statement (42501).', remedy };
}

/** Checks for what only an admin may run. */
export function checkRights({ statements }: ParsedMigration, report: Report) {
  const created = new Set<string>();
  for (const statement of statements) {
    const [, exists, name] = CREATE_EXTENSION.exec(statement.code) ?? [];
    if (name) checkExtension(statement, exists !== undefined, normalName(name), created, report);
    else if (!checkExtensionChange(statement, created, report) && !checkParameter(statement, report)) applyRules(RIGHTS, statement, report);
    for (const inner of blockStatements(statement)) {
      applyRules(RIGHTS, inner, () => report('may-need-admin', statement, {
        wrong: `The block runs \`${verb(inner)}\`, which needs an admin; migrations run as the owner of the database.`, why: '', remedy: ADMIN,
      }));
    }
  }
}

/** A trusted extension belongs to whoever creates it. */
function checkExtension(statement: SqlStatement, exists: boolean, name: string, created: Set<string>, report: Report) {
  const trusted = isTrusted(name);
  if (trusted) {
    if (name !== 'plpgsql') created.add(name);
  } else if (trusted === false && !exists) {
    report('needs-admin', statement, adminText(statement, EXTENSIONS));
  } else {
    report('may-need-admin', statement, {
      wrong: `Only an admin may create the extension ${name}, and migrations run as the owner of the database.`,
      why: exists ? 'The statement passes only where the extension is there already.' : 'The statement passes only where the server trusts the extension.',
      remedy: EXTENSIONS,
    });
  }
}

function checkExtensionChange(statement: SqlStatement, created: Set<string>, report: Report): boolean {
  const name = CHANGE_EXTENSION.exec(statement.code)?.[1];
  if (name === undefined) return false;
  if (created.has(normalName(name))) return true;
  const exactly = { ...adminText(statement, OWNERS), wrong: `\`${verb(statement)}\` needs the owner of the extension ${name}, an admin unless the migrations created it.` };
  if (normalName(name) === 'plpgsql') report('needs-admin', statement, exactly);
  else report('may-need-admin', statement, { ...exactly, why: '' });
  return true;
}

function checkParameter(statement: SqlStatement, report: Report): boolean {
  const [, parameter] = PARAMETER.exec(statement.code) ?? [];
  if (parameter === undefined || !needsSuperuser(parameter)) return false;
  report('needs-admin', statement, { ...adminText(statement, PARAMETERS), wrong: `Only an admin may set \`${parameter.toLowerCase()}\`, and migrations run as the owner of the database.` });
  return true;
}
