import type { RuleName } from './lint-rules';

/** One SQL statement of a file. */
export interface SqlStatement {
  /** Line of its first token in the file, from 1. */
  readonly line: number;
  /** Line of its last token in the file, from 1. */
  readonly lastLine: number;
  /** The text without comments, with white space collapsed and every literal emptied: `INSERT INTO t VALUES ('')`. */
  readonly code: string;
  /** The text of its string literals and function bodies. */
  readonly literals: string[];
  /** Whether a semicolon ends it. */
  readonly terminated: boolean;
}

/** A literal or comment that never ends. */
export interface UnterminatedToken {
  readonly line: number;
  readonly what: string;
}

/** Lines of a file, from 1. */
export interface LineRange {
  readonly line: number;
  readonly lastLine: number;
}

/** A text taken apart. */
export interface SplitResult {
  readonly statements: SqlStatement[];
  /** Block comments. */
  readonly comments: LineRange[];
  readonly unterminated?: UnterminatedToken;
}

/** Takes a text apart into statements, as a kind of server does. `firstLine` is the number of its first line in the file. */
export type SplitSql = (text: string, firstLine?: number) => SplitResult;

/** One file of a migrations directory. */
export interface MigrationFile {
  readonly name: string;
  readonly content: string;
}

/** One thing that the lint has found in a file. */
export interface Finding {
  readonly rule: RuleName;
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** What is wrong, why, and what to do. */
  readonly message: string;
}

/** The part of a file that is applied. */
export interface ParsedMigration {
  readonly statements: SqlStatement[];
  /** The same statements, by the query in which the engine sends them: PostgreSQL runs several in one query as one transaction. */
  readonly batches: SqlStatement[][];
  /** Whether the engine wraps the file in a transaction. */
  readonly transactional: boolean;
  readonly findings: Finding[];
}

/** What the lint found, apart. */
export interface LintResult {
  readonly errors: Finding[];
  readonly warnings: Finding[];
}
