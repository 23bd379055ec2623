import type { SplitResult, SqlStatement, UnterminatedToken } from '../../../migrations/shared/lint/lint-types';

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const COPY_DATA = /^COPY .* FROM STDIN\b/i;
const STANDARD_BODY = /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b/i;

/**
 * Splits SQL into statements the way PostgreSQL's own client does: quotes, escape strings, dollar quotes, nested comments, parentheses,
 * `BEGIN ATOMIC` bodies and the data of `COPY` keep their semicolons; a backslash begins a command of psql.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export function splitSql(text: string, firstLine = 1): SplitResult {
  return new Splitter(text, firstLine).run();
}

class Splitter {
  private readonly statements: SqlStatement[] = [];
  private at = 0;
  private line: number;
  private code = '';
  private literals: string[] = [];
  private start = 0;
  private last = 0;
  private parentheses = 0;
  private bodyDepth = 0;
  private unterminated?: UnterminatedToken;

  constructor(private readonly text: string, firstLine: number) {
    this.line = firstLine;
  }

  public run(): SplitResult {
    while (this.at < this.text.length && !this.unterminated) this.step();
    this.finish(false);
    return { statements: this.statements, unterminated: this.unterminated };
  }

  private step() {
    const character = this.text[this.at];
    const pair = this.text.slice(this.at, this.at + 2);
    if (/\s/.test(character)) return this.space();
    if (pair === '--') return this.lineComment();
    if (pair === '/*') return this.blockComment();
    if (character === '\\' && this.code.trim() === '') return this.metaCommand();
    if (character === "'") return this.quoted("'", false);
    if (character === '"') return this.quoted('"', false);
    if (/^e'$/i.test(pair) && !this.insideWord()) return this.escapeString();
    if (character === '$' && this.dollarQuoted()) return;
    if (character === ';' && this.parentheses === 0 && this.bodyDepth === 0) return this.semicolon();
    const word = match(WORD, this.text, this.at);
    if (word && !this.insideWord()) return this.word(word);
    if (character === '(') this.parentheses++;
    if (character === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    this.emit(character);
    this.at++;
  }

  private insideWord(): boolean {
    return this.at > 0 && /[A-Za-z0-9_$\u0080-\uffff]/.test(this.text[this.at - 1]) && !this.code.endsWith(' ');
  }

  private space() {
    if (this.text[this.at] === '\n') this.line++;
    if (this.code !== '' && !this.code.endsWith(' ')) this.code += ' ';
    this.at++;
  }

  private lineComment() {
    const end = this.text.indexOf('\n', this.at);
    this.at = end === -1 ? this.text.length : end;
    if (this.code !== '' && !this.code.endsWith(' ')) this.code += ' ';
  }

  private blockComment() {
    const from = this.line;
    let depth = 0;
    do {
      if (this.at >= this.text.length) {
        this.unterminated = { line: from, what: 'comment' };
        return;
      }
      const pair = this.text.slice(this.at, this.at + 2);
      if (pair === '/*') depth++;
      if (pair === '*/') depth--;
      this.advance(pair === '/*' || pair === '*/' ? 2 : 1);
    } while (depth > 0);
    if (this.code !== '' && !this.code.endsWith(' ')) this.code += ' ';
  }

  private escapeString() {
    this.emit(this.text[this.at]);
    this.at++;
    this.quoted("'", true);
  }

  /** Identifiers keep their text, strings do not: rules look for names and keywords only. */
  private quoted(quote: string, escapes: boolean) {
    const from = this.line;
    const begin = this.at;
    this.emit('');
    this.advance(1);
    while (this.at < this.text.length) {
      const character = this.text[this.at];
      if (escapes && character === '\\') {
        this.advance(2);
      } else if (character !== quote) {
        this.advance(1);
      } else if (this.text[this.at + 1] === quote) {
        this.advance(2);
      } else {
        this.advance(1);
        return this.literal(quote, this.text.slice(begin, this.at));
      }
    }
    this.unterminated = { line: from, what: quote === '"' ? 'quoted identifier' : 'string' };
  }

  private literal(quote: string, text: string) {
    if (quote === '"') return this.emit(text);
    this.literals.push(text.slice(1, -1));
    this.emit("''");
  }

  private dollarQuoted(): boolean {
    const tag = this.insideWord() ? undefined : match(DOLLAR_TAG, this.text, this.at);
    if (tag === undefined) return false;
    const end = this.text.indexOf(tag, this.at + tag.length);
    this.emit("''");
    if (end === -1) {
      this.unterminated = { line: this.line, what: `body quoted with ${tag}` };
      return true;
    }
    this.literals.push(this.text.slice(this.at + tag.length, end));
    this.advance(end + tag.length - this.at);
    this.last = this.line;
    return true;
  }

  private word(word: string) {
    const upper = word.toUpperCase();
    if (this.bodyDepth > 0) {
      if (upper === 'CASE' || upper === 'BEGIN') this.bodyDepth++;
      if (upper === 'END') this.bodyDepth--;
    } else if (upper === 'ATOMIC' && /\bBEGIN $/i.test(this.code) && STANDARD_BODY.test(this.code)) {
      this.bodyDepth = 1;
    }
    this.emit(word);
    this.at += word.length;
  }

  private semicolon() {
    this.last = this.line;
    this.at++;
    if (COPY_DATA.test(this.code)) this.copiedData();
    this.finish(true);
  }

  /** psql's own: it ends with its line. */
  private metaCommand() {
    const end = this.text.indexOf('\n', this.at);
    const command = this.text.slice(this.at, end === -1 ? this.text.length : end);
    this.emit(command);
    this.at += command.length;
    this.finish(true);
  }

  /** Lines of data up to `\.`, as psql reads them. */
  private copiedData() {
    const end = /^\\\.\r?$/m.exec(this.text.slice(this.at));
    this.advance(end === null ? this.text.length - this.at : end.index + end[0].length);
  }

  private emit(text: string) {
    if (this.code === '' && this.start === 0) this.start = this.line;
    this.last = this.line;
    this.code += text;
  }

  private advance(count: number) {
    for (const character of this.text.slice(this.at, this.at + count)) if (character === '\n') this.line++;
    this.at += count;
  }

  private finish(terminated: boolean) {
    const code = this.code.trim();
    if (code !== '') this.statements.push({ line: this.start, lastLine: this.last, code, literals: this.literals, terminated });
    this.code = '';
    this.literals = [];
    this.start = 0;
    this.parentheses = 0;
    this.bodyDepth = 0;
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
