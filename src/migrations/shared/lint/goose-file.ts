import type { Finding, MigrationFile, ParsedMigration, RuleName, SplitSql, SqlStatement } from './lint-types';

/** One stretch of the Up part: plain statements, or what stands between StatementBegin and StatementEnd. */
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
    if (this.opened !== undefined) this.report('statement-marks', this.opened, 'StatementBegin without StatementEnd: add `-- +goose StatementEnd` after the statement.');
    if (this.part === 'none' && this.findings.length === 0) this.report('missing-up', 1, 'No `-- +goose Up`: nothing would be applied. Put it, alone on its line, before the first statement.');
    const batches = this.blocks.flatMap((block) => this.batchesOf(block)).filter((batch) => batch.length > 0);
    return { statements: batches.flat(), batches, transactional: this.transactional, findings: this.findings };
  }

  private read(line: string, number: number) {
    if (/^\s*--.*\+goose/.test(line)) return this.annotate(line, number);
    if (this.part === 'none' && line.trim() !== '' && !line.trim().startsWith('--') && !this.has('statement-before-up')) {
      this.report('statement-before-up', number, 'A statement stands before `-- +goose Up`; goose refuses the file. Move it below.');
    }
    if (this.part === 'up') this.current(number).lines.push(line);
  }

  private annotate(line: string, number: number) {
    if (/^\s/.test(line)) return this.report('statement-marks', number, 'A goose annotation must begin its line; goose refuses the file. Remove the white space before it.');
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
        return this.report('environment-substitution', number, 'ENVSUB puts environment variables of the container into SQL, the connection\'s among them. What is not in the file does not make the migration run again when it changes.');
      case 'ENVSUB OFF': return;
      default:
        return this.report('statement-marks', number, `goose refuses the annotation '${annotation}'. Known: Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON, ENVSUB OFF; a comment must not say '+goose'.`);
    }
  }

  private begin(part: 'up' | 'down', number: number) {
    if (this.opened !== undefined) {
      this.report('statement-marks', this.opened, 'StatementBegin without StatementEnd: add `-- +goose StatementEnd` after the statement.');
      this.opened = undefined;
    }
    if (part === 'up' && this.part !== 'none') this.report('missing-up', number, 'A second `-- +goose Up`, or one after Down: a file has one Up, then one Down.');
    if (part === 'down' && this.part !== 'up') this.report('missing-up', number, '`-- +goose Down` without `-- +goose Up` before it.');
    this.part = part;
  }

  private open(number: number) {
    if (this.opened !== undefined || this.part === 'none') {
      this.report('statement-marks', number, 'StatementBegin inside another, or before Up: marks do not nest. Close the one before.');
    }
    this.opened = number;
    if (this.part === 'up') this.blocks.push({ line: number + 1, lines: [], marked: true });
  }

  private close(number: number) {
    if (this.opened === undefined) this.report('statement-marks', number, 'StatementEnd without StatementBegin: add `-- +goose StatementBegin` before the statement.');
    this.opened = undefined;
    if (this.part === 'up') this.blocks.push({ line: number + 1, lines: [], marked: false });
  }

  private current(number: number): Block {
    if (this.blocks.length === 0) this.blocks.push({ line: number, lines: [], marked: false });
    return this.blocks[this.blocks.length - 1];
  }

  private batchesOf(block: Block): SqlStatement[][] {
    const { statements, unterminated } = this.split(block.lines.join('\n'), block.line);
    if (unterminated) this.report('unterminated', unterminated.line, `The ${unterminated.what} never ends.`);
    return block.marked || unterminated ? [statements] : this.cut(block, statements);
  }

  /** Outside of marks goose cuts after every line that ends with a semicolon, also inside quotes. */
  private cut(block: Block, statements: SqlStatement[]): SqlStatement[][] {
    const cuts = block.lines.flatMap((line, index) => endsStatement(line) ? [block.line + index] : []);
    const last = statements[statements.length - 1];
    if (last && !(last.terminated && cuts.some((line) => line >= last.lastLine))) {
      this.report('missing-semicolon', last.lastLine, 'goose refuses the file: the last statement must end with a semicolon, and nothing but a `--` comment may follow it on the line.');
    }
    const batches = new Map<number, SqlStatement[]>();
    let next = 0;
    for (const statement of statements) {
      while (cuts[next] < statement.line) next++;
      if (cuts[next] < statement.lastLine) {
        this.report('statement-marks', statement.line, `goose would cut this statement at line ${cuts[next]}, which ends with a semicolon. Put \`-- +goose StatementBegin\` and \`-- +goose StatementEnd\` around it.`);
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

  private report(rule: RuleName, line: number, message: string) {
    this.findings.push({ rule, file: this.file.name, line, message });
  }
}

function endsStatement(line: string): boolean {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const comment = words.findIndex((word) => word.startsWith('--'));
  const code = comment === -1 ? words : words.slice(0, comment);
  return code.length > 0 && code[code.length - 1].endsWith(';');
}
