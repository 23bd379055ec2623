import { splitSql } from './sql-splitter';
import type { SqlStatement } from '../../../migrations/shared/lint/lint-types';

/** A name as SQL writes it: quoted or not, with a schema or not. */
export const NAME = '(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+)(?: ?\\. ?(?:"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+))*';

/** A pattern for the code of statements, in which `NAME` stands for a name. */
export function sqlPattern(source: string): RegExp {
  return new RegExp(source.replace(/NAME/g, NAME), 'i');
}

/** A pattern that finds whatever one of these finds: most statements fit none, and one search is faster than many. */
export function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'), 'i');
}

/** One form for one object: without quotes where they change nothing, and without the schema `public`. */
export function normalName(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^.\s"]+/g) ?? [];
  const plain = parts.map((part) => part.startsWith('"') ? part.slice(1, -1) : part.toLowerCase());
  return (plain.length > 1 && plain[0] === 'public' ? plain.slice(1) : plain).join('.');
}

/** The words that name a statement in a message. */
export function verb({ code }: Pick<SqlStatement, 'code'>): string {
  const words = code.slice(0, 200).replace(/^(CREATE) OR REPLACE\b/i, '$1').split(' ').map((word) => word.replace(/[^A-Za-z_].*$/, ''));
  const concurrently = words.slice(0, 4).findIndex((word) => /^CONCURRENTLY$/i.test(word));
  return words.slice(0, concurrently === -1 ? 2 : concurrently + 1).join(' ').trim().toUpperCase();
}

/** Parts of a list; commas in parentheses and quoted names do not count. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: mark, index } of text.matchAll(/"(?:[^"]|"")*"|[(),]/g)) {
    if (mark === '(') depth++;
    if (mark === ')') depth--;
    if (mark !== ',' || depth !== 0) continue;
    parts.push(text.slice(from, index).trim());
    from = index + 1;
  }
  return [...parts, text.slice(from).trim()];
}

/** The text without what is in parentheses. */
export function topLevel(text: string): string {
  const kept: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: mark, index } of text.matchAll(/"(?:[^"]|"")*"|[()]/g)) {
    if (mark === '(' && depth++ === 0) kept.push(text.slice(from, index));
    if (mark === ')' && depth > 0 && --depth === 0) from = index + 1;
  }
  return depth > 0 ? kept.join('()') : [...kept, text.slice(from)].join('()');
}

const BLOCKS = new WeakMap<SqlStatement, SqlStatement[]>();

/** Statements of a `DO` block, each from the word behind the last keyword of the block's own language. */
export function blockStatements(statement: SqlStatement): SqlStatement[] {
  if (!/^DO\b/i.test(statement.code)) return [];
  const known = BLOCKS.get(statement) ?? bodyStatements(statement);
  BLOCKS.set(statement, known);
  return known;
}

/** Statements of the body that a statement quotes. */
export function bodyStatements(statement: SqlStatement): SqlStatement[] {
  const body = statement.literals.reduce((longest, literal) => literal.length > longest.length ? literal : longest, '');
  return splitSql(body, statement.line).statements.map((inner) => {
    const code = inner.code.replace(/^.*\b(?:BEGIN|THEN|ELSE|LOOP)(?: |$)/i, '').replace(/^PERFORM\b/i, 'SELECT');
    const skipped = (inner.code.slice(0, inner.code.length - code.length).match(/''/g) ?? []).length;
    return { ...inner, code, literals: inner.literals.slice(skipped) };
  });
}
