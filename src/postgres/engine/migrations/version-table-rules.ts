import { blockStatements, normalName, splitList, sqlPattern, verb } from './sql-text';
import type { Report } from './statement-report';
import type { ParsedMigration, SqlStatement } from '../../../migrations/shared/lint/lint-types';
import type { EngineName } from '../../../migrations/shared/runner.contract';

/** Where each engine keeps the versions; it names the table without a schema. */
const VERSION_TABLES: Record<EngineName, string> = { goose: 'goose_db_version', dbmate: 'schema_migrations' };

const SET_PATH = /^(?:SET (?:(?:SESSION |(LOCAL) )?search_path ?(?:=|\bTO\b)|(?:SESSION |(LOCAL) )?SCHEMA) ?)(.*)$/i;
const SET_CONFIG = /\bset_config ?\(|''/gi;
const ARGUMENTS = /^ ?(?:E|U&)?''(?: ?: ?: ?text)? ?, ?(?:E|U&)?''[^,()]{0,20}, ?(''|\w+)/i;
const DROPS_PUBLIC = sqlPattern('^(?:DROP SCHEMA (?:IF EXISTS )?(NAME(?: ?, ?NAME)*)|ALTER SCHEMA (NAME) RENAME\\b)');
const MOVES_TABLE = sqlPattern('^(?:DROP TABLE (?:IF EXISTS )?(NAME(?: ?, ?NAME)*)|ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(NAME) ?\\*? (?:RENAME TO|SET SCHEMA)\\b)');
const DROPS_OWN = /^DROP OWNED BY "?(CURRENT_USER|CURRENT_ROLE)\b/i;
const READ_ONLY = /^SET (?:LOCAL |SESSION )?(?:TRANSACTION (?:.* )?READ ONLY\b|transaction_read_only ?(?:=|\bTO\b) ?(?:on|true|yes|1)\b)/i;
const DATABASE_PATH = /^ALTER (?:DATABASE|ROLE ALL IN DATABASE)\b.* SET search_path ?(?:=|\bTO\b) ?(.*)$/i;

/** What a statement makes of the search path: its schemas as a list, or the default. */
interface PathChange {
  readonly statement: SqlStatement;
  /** Names of schemas; `undefined` for the default. */
  readonly schemas?: readonly string[];
  /** Only until the transaction ends. */
  readonly local: boolean;
}

/** After the statements of a file the engine writes the version, into a table that it has to find. */
export function checkVersionTable(engine: EngineName, parsed: ParsedMigration, report: Report) {
  checkSearchPath(engine, parsed, report);
  for (const statement of parsed.statements) {
    const table = VERSION_TABLES[engine];
    const [, dropped, renamed] = DROPS_PUBLIC.exec(statement.code) ?? [];
    const [, gone, moved] = MOVES_TABLE.exec(statement.code) ?? [];
    const losesSchema = namesIn(dropped ?? renamed).includes('public') || DROPS_OWN.test(statement.code);
    if (losesSchema || namesIn(gone ?? moved).includes(table)) {
      report('version-table', statement, { wrong: `\`${verb(statement)}\` takes the table ${table} away, in which ${engine} keeps the versions.` });
    }
    if (parsed.transactional && READ_ONLY.test(statement.code)) {
      report('version-table', statement, { wrong: `The transaction becomes read-only, and ${engine} can't write the version.`, why: '', remedy: 'Remove the statement.' });
    }
  }
}

function checkSearchPath(engine: EngineName, { statements, transactional }: ParsedMigration, report: Report) {
  const changes = statements.flatMap((statement) => [statement, ...blockStatements(statement)].flatMap((each) => pathChange(each, statement)));
  const lasting = changes.filter(({ local }) => !local).pop();
  const atEnd = transactional ? changes[changes.length - 1] : lasting;
  const hidden = [atEnd, lasting].find((change) => change && (change.schemas?.length === 0 || hidesTable(engine, change.schemas)));
  if (hidden) {
    if (hidden.schemas?.length === 0) report('empty-search-path', hidden.statement);
    else report('version-table', hidden.statement, searchPathText(engine, hidden.schemas ?? []));
  }
  for (const statement of statements) {
    const [, value] = DATABASE_PATH.exec(statement.code) ?? [];
    const schemas = value === undefined ? undefined : schemasOf(statement, value);
    if (hidesTable(engine, schemas)) report('version-table', statement, searchPathText(engine, schemas ?? []));
  }
}

function searchPathText(engine: EngineName, schemas: readonly string[]) {
  const table = VERSION_TABLES[engine];
  return {
    wrong: `The search path '${schemas.join(', ')}' ${engine === 'goose' ? 'lacks' : 'doesn\'t begin with'} \`public\`, where ${engine} keeps the table ${table}.`,
    why: '',
    remedy: 'End the file with `RESET search_path;`, or write the schema before names.',
  };
}

/** goose names its table alone; dbmate asks for the current schema, or takes `public` where there is none, and names both. */
function hidesTable(engine: EngineName, schemas: readonly string[] | undefined): boolean {
  if (schemas === undefined) return false;
  if (engine === 'goose') return !schemas.includes('public');
  const [current = 'public'] = schemas.filter((schema) => schema !== '$user');
  return current !== 'public';
}

function pathChange(each: SqlStatement, statement: SqlStatement): PathChange[] {
  if (/^(RESET (search_path|ALL)|DISCARD ALL)$/i.test(each.code)) return [{ statement, local: false }];
  const set = SET_PATH.exec(each.code);
  if (set) {
    const [, local, localSchema, value] = set;
    return [{ statement, local: Boolean(local ?? localSchema), schemas: schemasOf(each, value) }];
  }
  if (!/^(SELECT|WITH|VALUES)\b/i.test(each.code)) return [];
  let literal = 0;
  return [...each.code.matchAll(SET_CONFIG)].flatMap(({ 0: found, index }) => {
    if (found === "''") literal++;
    const last = found === "''" ? undefined : ARGUMENTS.exec(each.code.slice(index + found.length, index + found.length + 80))?.[1];
    if (last === undefined || each.literals[literal]?.toLowerCase() !== 'search_path') return [];
    return [{ statement, local: /^(true|''|1)/i.test(last), schemas: namesIn(each.literals[literal + 1]) }];
  });
}

/** The schemas of `SET search_path`: names, strings, or one string for each. `undefined` for the default. */
function schemasOf(statement: SqlStatement, value: string): string[] | undefined {
  if (/^(DEFAULT|FROM CURRENT|LOCAL)$/i.test(value.trim())) return undefined;
  let next = statement.code.slice(0, statement.code.length - value.length).split("''").length - 1;
  return splitList(value).map((part) => part.includes("''") ? statement.literals[next++] : normalName(part)).filter((schema) => schema !== '');
}

function namesIn(list: string | undefined): string[] {
  return splitList(list ?? '').map((name) => normalName(name)).filter((name) => name !== '');
}
