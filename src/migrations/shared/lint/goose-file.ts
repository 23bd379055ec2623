import { findingText, type LintRule, type RuleName } from './lint-rules';
import type { Finding, MigrationFile, ParsedMigration, SplitSql, SqlStatement } from './lint-types';

const ANNOTATIONS = 'Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON or ENVSUB OFF';
const REFUSED = 'goose refuses the file.';
const UNCLOSED = { wrong: '`StatementBegin` isn\'t followed by `StatementEnd`.', why: '', remedy: 'Add `-- +goose StatementEnd` after the statement.' };

/** One stretch of the Up part: plain statements, or what is between StatementBegin and StatementEnd. */
interface Block {
  readonly line: number;
  readonly lines: string[];
  readonly marked: boolean;
}

/**
 * Reads a goose file as goose does: annotations stand alone at the start of a line, a statement outside of marks ends at a line
 * that ends with a semicolon.
 *
 * @see https://github.com/pressly/goose/blob/v3.27.3/internal/sqlparser/parser.go
 */
export function parseGoose(file: MigrationFile, split: SplitSql): ParsedMigration {
  return new GooseParser(file, split).run();
}

class GooseParser {
  private readonly findings: Finding[] = [];
  private readonly blocks: Block[] = [];
  private part: 'none' | 'up' | 'down' = 'none';
  private opened?: number;
  private transactional = true;

  constructor(private readonly file: MigrationFile, private readonly split: SplitSql) {
  }

  public run(): ParsedMigration {
    this.file.content.split('\n').forEach((line, index) => this.read(line.replace(/\r$/, ''), index + 1));
    if (this.opened !== undefined) this.report('statement-marks', this.opened, UNCLOSED);
    if (this.part === 'none' && this.findings.length === 0) {
      this.report('missing-up', 1, { wrong: '`-- +goose Up` is missing.', why: 'goose would apply nothing.', remedy: 'Put the annotation, alone on its line, before the first statement.' });
    }
    const batches = this.blocks.flatMap((block) => this.batchesOf(block)).filter((batch) => batch.length > 0);
    return { statements: batches.flat(), batches, transactional: this.transactional, findings: this.findings };
  }

  private read(line: string, number: number) {
    if (/^\s*--.*\+goose/.test(line)) return this.annotate(line, number);
    if (this.part === 'none' && line.trim() !== '' && !line.trim().startsWith('--') && !this.has('statement-before-up')) {
      this.report('statement-before-up', number, { wrong: 'A statement comes before `-- +goose Up`.', why: REFUSED });
    }
    if (this.part === 'up') this.current(number).lines.push(line);
  }

  private annotate(line: string, number: number) {
    if (/^\s/.test(line)) return this.report('statement-marks', number, { wrong: 'White space comes before a goose annotation.', why: REFUSED, remedy: 'Remove the white space.' });
    const annotation = line.replace(/--/g, '').replace('+goose', '').trim();
    switch (annotation.toUpperCase()) {
      case 'UP': return this.begin('up', number);
      case 'DOWN': return this.begin('down', number);
      case 'STATEMENTBEGIN': return this.open(number);
      case 'STATEMENTEND': return this.close(number);
      case 'NO TRANSACTION':
        this.transactional = false;
        return;
      case 'ENVSUB ON':
        return this.report('environment-substitution', number);
      case 'ENVSUB OFF': return;
      default:
        return this.report('statement-marks', number, { wrong: `goose refuses the annotation '${annotation}'.`, why: '', remedy: `Use ${ANNOTATIONS}, and remove '+goose' from other comments.` });
    }
  }

  private begin(part: 'up' | 'down', number: number) {
    if (this.opened !== undefined) {
      this.report('statement-marks', this.opened, UNCLOSED);
      this.opened = undefined;
    }
    if (part === 'up' && this.part !== 'none') this.report('missing-up', number, { wrong: '`-- +goose Up` comes a second time, or after Down.', why: REFUSED, remedy: 'Use one Up, then one Down.' });
    if (part === 'down' && this.part !== 'up') this.report('missing-up', number, { wrong: '`-- +goose Down` comes without `-- +goose Up` before it.', why: REFUSED, remedy: 'Put Up first.' });
    this.part = part;
  }

  private open(number: number) {
    if (this.opened !== undefined || this.part === 'none') {
      this.report('statement-marks', number, { wrong: '`StatementBegin` is inside another statement, or before Up.', why: REFUSED, remedy: 'Close the statement before, or move the mark below Up.' });
    }
    this.opened = number;
    if (this.part === 'up') this.blocks.push({ line: number + 1, lines: [], marked: true });
  }

  private close(number: number) {
    if (this.opened === undefined) this.report('statement-marks', number, { wrong: '`StatementEnd` comes without `StatementBegin`.', why: '', remedy: 'Add `-- +goose StatementBegin` before the statement.' });
    this.opened = undefined;
    if (this.part === 'up') this.blocks.push({ line: number + 1, lines: [], marked: false });
  }

  private current(number: number): Block {
    if (this.blocks.length === 0) this.blocks.push({ line: number, lines: [], marked: false });
    return this.blocks[this.blocks.length - 1];
  }

  private batchesOf(block: Block): SqlStatement[][] {
    const { statements, unterminated } = this.split(block.lines.join('\n'), block.line);
    if (unterminated) this.report('unterminated', unterminated.line, { wrong: `The ${unterminated.what} never ends.` });
    return block.marked || unterminated ? [statements] : this.cut(block, statements);
  }

  /** Outside of marks goose cuts after every line that ends with a semicolon, also inside quotes. */
  private cut(block: Block, statements: SqlStatement[]): SqlStatement[][] {
    const cuts = block.lines.flatMap((line, index) => endsStatement(line) ? [block.line + index] : []);
    const last = statements[statements.length - 1];
    if (last && !(last.terminated && cuts.some((line) => line >= last.lastLine))) {
      this.report('missing-semicolon', last.lastLine);
    }
    const batches = new Map<number, SqlStatement[]>();
    let next = 0;
    for (const statement of statements) {
      while (cuts[next] < statement.line) next++;
      if (cuts[next] < statement.lastLine) {
        this.report('statement-marks', statement.line, { wrong: `goose would split the statement at line ${cuts[next]}, which ends with a semicolon.`, why: '' });
      }
      while (cuts[next] < statement.lastLine) next++;
      const batch = batches.get(next) ?? [];
      batch.push(statement);
      batches.set(next, batch);
    }
    return [...batches.values()];
  }

  private has(rule: RuleName): boolean {
    return this.findings.some((finding) => finding.rule === rule);
  }

  private report(rule: RuleName, line: number, exactly?: Partial<LintRule>) {
    this.findings.push({ rule, file: this.file.name, line, message: findingText(rule, exactly) });
  }
}

function endsStatement(line: string): boolean {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const comment = words.findIndex((word) => word.startsWith('--'));
  const code = comment === -1 ? words : words.slice(0, comment);
  return code.length > 0 && code[code.length - 1].endsWith(';');
}
