import type { LineRange, SplitResult, SqlStatement, UnterminatedToken } from '../../../migrations/shared/lint/lint-types';

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const LINE_END = /[\r\n]/g;
const COMMENT_MARK = /\/\*|\*\//g;
const ESCAPED_END = /\\[^]|''|'/g;
const COPY_END = /^\\\.\r?$/gm;
const COPY_DATA = /^COPY .* FROM STDIN\b/i;
const STANDARD_BODY = /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) /;

const enum Kind { PLAIN, WORD, BLANK, MARK }

/** Kinds of ASCII characters; all others are parts of words. Nothing begins or ends at a plain one. */
const KINDS = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9_]/.test(character)) return Kind.WORD;
  if (/[ \t\n\r\f\v]/.test(character)) return Kind.BLANK;
  return /['"$;()\\/-]/.test(character) ? Kind.MARK : Kind.PLAIN;
});

/**
 * Splits SQL into statements the way PostgreSQL's own client does: quotes, escape strings, dollar quotes, nested comments, parentheses,
 * `BEGIN ATOMIC` bodies and the data of `COPY` keep their semicolons; a backslash begins a command of psql.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export function splitSql(text: string, firstLine = 1): SplitResult {
  return new Splitter(text, firstLine).run();
}

/** Takes each character once, and joins the parts of a statement once: a text of megabytes may be one statement. */
class Splitter {
  private readonly statements: SqlStatement[] = [];
  private readonly comments: LineRange[] = [];
  private at = 0;
  private line: number;
  private parts: string[] = [];
  private blank = false;
  private literals: string[] = [];
  private start = 0;
  private last = 0;
  private parentheses = 0;
  private bodyDepth = 0;
  /** Where the run of text begins that the statement takes as it is. */
  private from = -1;
  /** The first words of the statement, in upper case. */
  private head: string[] = [];
  private wordBegin = 0;
  private wordEnd = 0;
  private unterminated?: UnterminatedToken;

  constructor(private readonly text: string, firstLine: number) {
    this.line = firstLine;
  }

  public run(): SplitResult {
    while (this.at < this.text.length && !this.unterminated) this.step();
    this.finish(false);
    return { statements: this.statements, comments: this.comments, unterminated: this.unterminated };
  }

  private step() {
    switch (this.kindAt(this.at)) {
      case Kind.BLANK: return this.blanks();
      case Kind.WORD: return this.word();
      case Kind.MARK: return this.mark(this.text[this.at], this.text[this.at + 1]);
      default:
        this.open();
        this.at++;
    }
  }

  private kindAt(at: number): Kind | undefined {
    const code = this.text.charCodeAt(at);
    return code < 128 ? KINDS[code] : at < this.text.length ? Kind.WORD : undefined;
  }

  private mark(character: string, next: string | undefined) {
    if (character === '-' && next === '-') return this.skip(this.find(LINE_END)?.index ?? this.text.length);
    if (character === '/' && next === '*') return this.blockComment();
    if (character === '\\' && !this.begun()) return this.metaCommand();
    if (character === "'") return this.string(this.wordEnd === this.at && /^e$/i.test(this.lastWord()));
    if (character === '"') return this.identifier();
    if (character === '$' && this.dollar()) return;
    if (character === ';' && this.parentheses === 0 && this.bodyDepth === 0) return this.semicolon();
    if (character === '(') this.parentheses++;
    if (character === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    this.open();
    this.at++;
  }

  /** A single blank between two tokens stays in the run. */
  private blanks() {
    if (this.from !== -1 && this.text[this.at] === ' ' && this.kindAt(this.at + 1) !== Kind.BLANK) {
      this.at++;
      return;
    }
    let end = this.at + 1;
    while (this.kindAt(end) === Kind.BLANK) end++;
    this.skip(end);
  }

  /** Goes on at `end`; what is before counts as white space. */
  private skip(end: number) {
    this.flush();
    this.advance(end);
    this.blank = true;
  }

  private word() {
    this.open();
    const begin = this.at;
    let end = begin + 1;
    while (this.kindAt(end) === Kind.WORD || this.text[end] === '$') end++;
    this.at = end;
    const length = end - begin;
    if (this.head.length < 4) this.head.push(this.text.slice(begin, Math.min(end, begin + 10)).toUpperCase());
    if (this.bodyDepth > 0) {
      if (length >= 3 && length <= 5) this.nest(this.text.slice(begin, end).toUpperCase());
    } else if (length === 6 && this.head[0] === 'CREATE' && /^begin atomic$/i.test(`${this.lastWord()} ${this.text.slice(begin, end)}`)) {
      if (STANDARD_BODY.test(`${this.head.join(' ')} `)) this.bodyDepth = 1;
    }
    this.wordBegin = begin;
    this.wordEnd = end;
  }

  private nest(word: string) {
    if (word === 'CASE' || word === 'BEGIN') this.bodyDepth++;
    if (word === 'END') this.bodyDepth--;
  }

  private lastWord(): string {
    return this.text.slice(this.wordBegin, Math.min(this.wordEnd, this.wordBegin + 10));
  }

  private blockComment() {
    const from = this.line;
    let depth = 0;
    COMMENT_MARK.lastIndex = this.at;
    do {
      const found = COMMENT_MARK.exec(this.text);
      if (found === null) {
        this.unterminated = { line: from, what: 'comment' };
        return;
      }
      depth += found[0] === '/*' ? 1 : -1;
    } while (depth > 0);
    this.skip(COMMENT_MARK.lastIndex);
    this.comments.push({ line: from, lastLine: this.line });
  }

  /** Strings are emptied, identifiers keep their text: rules look for names and keywords only. */
  private string(escapes: boolean) {
    const end = escapes ? this.endOfEscapes() : this.endOf("'");
    this.quoted(end, 1, 'string');
  }

  private identifier() {
    const end = this.endOf('"');
    if (end === undefined) return this.never('quoted identifier');
    this.open();
    this.flush(end);
    this.advance(end);
    this.last = this.line;
    if (this.head.length < 4) this.head.push('');
  }

  private dollar(): boolean {
    DOLLAR_TAG.lastIndex = this.at;
    const tag = DOLLAR_TAG.exec(this.text)?.[0];
    if (tag === undefined) return false;
    const end = this.text.indexOf(tag, this.at + tag.length);
    this.quoted(end === -1 ? undefined : end + tag.length, tag.length, `body quoted with ${tag}`);
    return true;
  }

  /** A literal that ends before `end`; its quotes are `width` characters wide. */
  private quoted(end: number | undefined, width: number, what: string) {
    if (end === undefined) return this.never(what);
    this.flush();
    this.open();
    this.from = -1;
    this.parts.push("''");
    this.literals.push(this.text.slice(this.at + width, end - width));
    this.advance(end);
    this.last = this.line;
  }

  private never(what: string) {
    this.flush();
    this.open();
    this.from = -1;
    this.unterminated = { line: this.line, what };
  }

  private endOf(quote: string): number | undefined {
    let at = this.at;
    do {
      at = this.text.indexOf(quote, at + 1);
      if (at === -1) return undefined;
      at++;
    } while (this.text[at] === quote);
    return at;
  }

  private endOfEscapes(): number | undefined {
    ESCAPED_END.lastIndex = this.at + 1;
    let found: RegExpExecArray | null;
    do {
      found = ESCAPED_END.exec(this.text);
    } while (found !== null && found[0] !== "'");
    return found === null ? undefined : ESCAPED_END.lastIndex;
  }

  private semicolon() {
    this.flush();
    this.last = this.line;
    this.at++;
    // Lines of data up to `\.`, as psql reads them.
    if (this.head[0] === 'COPY' && COPY_DATA.test(this.parts.join(''))) {
      const end = this.find(COPY_END);
      this.advance(end === undefined ? this.text.length : end.index + end[0].length);
    }
    this.finish(true);
  }

  /** psql's own: it ends with its line. */
  private metaCommand() {
    const end = this.text.indexOf('\n', this.at);
    this.open();
    this.at = end === -1 ? this.text.length : end;
    this.finish(true);
  }

  private find(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text) ?? undefined;
  }

  private begun(): boolean {
    return this.parts.length > 0 || this.from !== -1;
  }

  /** A token begins here. */
  private open() {
    if (this.from !== -1) return;
    if (this.start === 0) this.start = this.line;
    this.last = this.line;
    if (this.blank && this.parts.length > 0) this.parts.push(' ');
    this.blank = false;
    this.from = this.at;
  }

  /** The run ends. */
  private flush(end = this.at) {
    if (this.from === -1) return;
    this.blank = this.text[end - 1] === ' ';
    this.parts.push(this.text.slice(this.from, this.blank ? end - 1 : end));
    this.from = -1;
  }

  private advance(end: number) {
    // A search in the whole text would read far beyond `end` on a long line.
    const skipped = this.text.slice(this.at, end);
    for (let at = skipped.indexOf('\n'); at !== -1; at = skipped.indexOf('\n', at + 1)) this.line++;
    this.at = end;
  }

  private finish(terminated: boolean) {
    this.flush();
    const code = this.parts.join('').trim();
    if (code !== '') this.statements.push({ line: this.start, lastLine: this.last, code, literals: this.literals, terminated });
    this.parts = [];
    this.literals = [];
    this.head = [];
    this.start = 0;
    this.parentheses = 0;
    this.bodyDepth = 0;
  }
}
