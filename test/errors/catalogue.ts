import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as ts from 'typescript';
import { RunnerExit } from '../../src/migrations/shared/runner.contract';

const ROOT = resolve(__dirname, '../..');

/** One place in the source that says something to users. */
export interface Utterance {
  readonly id: string;
  /** The message, with each value as `<expression>`. */
  readonly text: string;
  readonly level: 'error' | 'warning' | 'deployment';
  readonly file: string;
  readonly line: number;
}

/** Which argument of which call is the id, and which the message. */
const CALLS: Readonly<Record<string, { id: number; message: number; level: Utterance['level'] }>> = {
  InvalidBackendError: { id: 1, message: 2, level: 'error' },
  refuse: { id: 0, message: 1, level: 'error' },
  problem: { id: 0, message: 1, level: 'error' },
  warn: { id: 1, message: 2, level: 'warning' },
  ConductorError: { id: 0, message: 1, level: 'deployment' },
  BrokerError: { id: 0, message: 1, level: 'deployment' },
  TaskFailure: { id: 0, message: 1, level: 'deployment' },
  CertificateFailure: { id: 0, message: 1, level: 'deployment' },
  RunnerFailure: { id: 0, message: 1, level: 'deployment' },
  DeliveryError: { id: 0, message: 1, level: 'deployment' },
};

/** What defines these functions, and passes an id on. */
const DEFINITIONS = ['src/private/errors.ts'];

/** Everything that the library says: errors and warnings at synth, and failures of a deployment. */
export function catalogue(): Utterance[] {
  return sources().flatMap((file) => utterancesIn(file)).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** What only a fault of this library can provoke: a price that no table has. */
const INVARIANTS = ['src/checks/cost/private/price-book.ts'];

/** Errors that would reach users without an id: whatever is thrown at synth and is no InvalidBackendError. */
export function bareErrors(): string[] {
  return sources().filter((file) => !/\/handler\/|\.lambda\.ts$/.test(file) && !INVARIANTS.includes(file)).flatMap((file) => {
    const source = parse(file);
    const found: string[] = [];
    visit(source, (node) => {
      if (ts.isThrowStatement(node) && !(ts.isNewExpression(node.expression) && node.expression.expression.getText(source) === 'InvalidBackendError')) {
        found.push(`${file}:${lineOf(source, node)} ${node.getText(source).split('\n')[0]}`);
      }
    });
    return found;
  });
}

function sources(): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src/*.ts'], { cwd: ROOT, encoding: 'utf8' }).split('\n')
    .filter((file) => file !== '' && existsSync(resolve(ROOT, file)) && !DEFINITIONS.includes(file));
}

function utterancesIn(file: string): Utterance[] {
  const source = parse(file);
  const found: Utterance[] = [];
  visit(source, (node) => {
    if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) {
      return;
    }
    const name = node.expression.getText(source);
    const call = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
    const [id, message] = call === undefined ? [] : [node.arguments?.[call.id], node.arguments?.[call.message]];
    if (call === undefined || id === undefined || message === undefined) {
      return;
    }
    const exit = /^RunnerExit\.(\w+)$/.exec(id.getText(source))?.[1] as keyof typeof RunnerExit | undefined;
    if (ts.isStringLiteral(id) || exit !== undefined) {
      found.push({ id: exit === undefined ? (id as ts.StringLiteral).text : `exit code ${RunnerExit[exit]}`, text: render(source, message), level: call.level, file, line: lineOf(source, node) });
    } else if (call.level !== 'deployment') {
      throw new Error(`${file}:${lineOf(source, node)} The id of ${name} must be a literal, so that it can be searched for: ${id.getText(source)}.`);
    }
  });
  return found;
}

/** The text of a message, as far as it stands in the source. */
function render(source: ts.SourceFile, node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ expression, literal }) => `<${expression.getText(source).replace(/\s+/g, ' ')}>${literal.text}`).join('');
  }
  if (ts.isBinaryExpression(node)) {
    return render(source, node.left) + render(source, node.right);
  }
  return ts.isParenthesizedExpression(node) ? render(source, node.expression) : `<${node.getText(source).replace(/\s+/g, ' ')}>`;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(resolve(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}
