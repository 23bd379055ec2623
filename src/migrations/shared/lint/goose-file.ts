import { findingText, type LintRule, type RuleName } from './lint-rules';
import type { Finding, MigrationFile, ParsedMigration, SplitResult, SplitSql, SqlStatement } from './lint-types';

const ANNOTATIONS = 'Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON or ENVSUB OFF';
const REFUSED = 'goose refuses the file.';
const UNCLOSED = { wrong: '`StatementBegin` isn\'t followed by `StatementEnd`.', why: '', remedy: 'Add `-- +goose StatementEnd` after the statement.' };

/** A line of this many bytes does not fit into goose's buffer. */
const LINE_LIMIT = 4 * 1024 * 1024;

/** One stretch of a part: plain statements, or what is between StatementBegin and StatementEnd. */
interface Block {
  readonly line: number;
  readonly lines: string[];
  readonly marked: boolean;
  /** Where the text begins that goose has read and not yet taken as a statement. */
  rest?: number;
  /** Whether the rest is more than white space. */
  unfinished?: boolean;
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
  private readonly blocks: Record<'up' | 'down', Block[]> = { up: [], down: [] };
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
    const batches = this.blocks.up.flatMap((block) => this.batchesOf(block)).filter((batch) => batch.length > 0);
    this.checkDown();
    return { statements: batches.flat(), batches, transactional: this.transactional, findings: this.findings };
  }

  private read(line: string, number: number) {
    if (line.length > LINE_LIMIT / 4 && Buffer.byteLength(line) >= LINE_LIMIT) this.report('line-too-long', number);
    if (line.includes('+goose') && line.trimStart().startsWith('--')) return this.annotate(line, number);
    if (this.part === 'none' && line.trim() !== '' && !line.trim().startsWith('--') && !this.has('statement-before-up')) {
      this.report('statement-before-up', number, { wrong: 'A statement comes before `-- +goose Up`.', why: REFUSED });
    }
    if (this.part !== 'none') this.append(this.current(this.part, number), line, number);
  }

  /** goose passes over comments before a statement, and keeps all else until a line that ends with a semicolon. */
  private append(block: Block, line: string, number: number) {
    block.lines.push(line);
    if (block.rest === undefined && (line === '' || line.trimStart().startsWith('--'))) return;
    block.rest ??= number;
    block.unfinished ||= line.trim() !== '';
    if (block.marked || !endsStatement(line)) return;
    block.rest = undefined;
    block.unfinished = false;
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
    if (this.part !== 'none') this.blocks[this.part].push({ line: number + 1, lines: [], marked: true });
  }

  private close(number: number) {
    if (this.opened === undefined) this.report('statement-marks', number, { wrong: '`StatementEnd` comes without `StatementBegin`.', why: '', remedy: 'Add `-- +goose StatementBegin` before the statement.' });
    this.opened = undefined;
    if (this.part === 'none') return;
    const blocks = this.blocks[this.part];
    const last = blocks[blocks.length - 1];
    if (last?.marked && last.rest === undefined) {
      this.report('statement-marks', number, { wrong: 'The marks have nothing between them.', why: 'goose then drops the next line of the file without a word.', remedy: 'Remove both marks.' });
    }
    blocks.push({ line: number + 1, lines: [], marked: false });
  }

  private current(part: 'up' | 'down', number: number): Block {
    const blocks = this.blocks[part];
    if (blocks.length === 0) blocks.push({ line: number, lines: [], marked: false });
    return blocks[blocks.length - 1];
  }

  private batchesOf(block: Block): SqlStatement[][] {
    const result = this.split(block.lines.join('\n'), block.line);
    if (result.unterminated) this.report('unterminated', result.unterminated.line, { wrong: `The ${result.unterminated.what} never ends.` });
    if (block.marked || result.unterminated) return [result.statements];
    const open = unfinishedLine(block, result);
    if (open !== undefined) this.report('missing-semicolon', open);
    const { batches, split } = cut(block, result);
    for (const { line, at, what } of split) this.report('statement-marks', line, { wrong: `goose would split the ${what} at line ${at}, which ends with a semicolon.`, why: '' });
    return batches;
  }

  /** goose reads the marks of Down with those of Up, and its statements only on the way back. */
  private checkDown() {
    for (const block of this.blocks.down) {
      const result = this.split(block.lines.join('\n'), block.line);
      if (result.unterminated) return this.report('down-section', result.unterminated.line, { wrong: `The ${result.unterminated.what} in Down never ends.` });
      if (block.marked) continue;
      const open = unfinishedLine(block, result);
      if (open !== undefined) return this.report('down-section', open, { wrong: 'The last statement of Down doesn\'t end with a semicolon at the end of a line.' });
      const [split] = cut(block, result).split;
      if (split) return this.report('down-section', split.line, { wrong: `goose would split the ${split.what} of Down at line ${split.at}, which ends with a semicolon.` });
    }
  }

  private has(rule: RuleName): boolean {
    return this.findings.some((finding) => finding.rule === rule);
  }

  private report(rule: RuleName, line: number, exactly?: Partial<LintRule>) {
    this.findings.push({ rule, file: this.file.name, line, message: findingText(rule, exactly) });
  }
}

/** The line of what goose would still wait for at the end of a block. */
function unfinishedLine(block: Block, { statements }: SplitResult): number | undefined {
  const last = statements[statements.length - 1];
  if (last && !last.terminated) return last.lastLine;
  return block.unfinished ? Math.max(block.rest ?? 0, last?.lastLine ?? 0) : undefined;
}

interface Cut {
  readonly batches: SqlStatement[][];
  /** What begins at `line` and is not over at the line `at`, where goose takes it as finished. */
  readonly split: Array<{ readonly line: number; readonly at: number; readonly what: string }>;
}

/** Outside of marks goose cuts after every line that ends with a semicolon, also inside quotes and comments. */
function cut(block: Block, { statements, comments }: SplitResult): Cut {
  const cuts = block.lines.flatMap((line, index) => endsStatement(line) ? [block.line + index] : []);
  const batches = new Map<number, SqlStatement[]>();
  const split: Cut['split'] = [];
  const spans = [
    ...statements.map((statement) => ({ statement, line: statement.line, lastLine: statement.lastLine })),
    ...comments.filter(({ line, lastLine }) => line < lastLine).map((comment) => ({ statement: undefined, ...comment })),
  ].sort((left, right) => left.line - right.line);
  let next = 0;
  for (const { statement, line, lastLine } of spans) {
    while (cuts[next] < line) next++;
    if (cuts[next] < lastLine) split.push({ line, at: cuts[next], what: statement ? 'statement' : 'comment' });
    while (cuts[next] < lastLine) next++;
    if (!statement) continue;
    const batch = batches.get(next);
    if (batch) batch.push(statement);
    else batches.set(next, [statement]);
  }
  return { batches: [...batches.values()], split };
}

function endsStatement(line: string): boolean {
  if (!line.includes('--')) return line.trimEnd().endsWith(';');
  const words = line.split(/\s+/).filter((word) => word !== '');
  const comment = words.findIndex((word) => word.startsWith('--'));
  const code = comment === -1 ? words : words.slice(0, comment);
  return code.length > 0 && code[code.length - 1].endsWith(';');
}
