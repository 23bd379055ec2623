import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as ts from 'typescript';
import { provoke } from './case';
import { CASES, CASE_FILES } from './cases';
import { catalogue, type Utterance } from './catalogue';
import { sentencesOf } from './rules';
import { LINT_RULES } from '../../src/migrations/shared/lint/lint-rules';

/** How a sentence begins that asks for something. */
const REMEDY = /^(?:Add|Allow|Apply|Build|Call|Change|Check|Choose|Close|Complete|Convert|Correct|Create|Declare|Define|Delete|Deploy|Download|Drop|End|For|Give|If|Import|In|Increase|Leave|List|Lower|Make|Move|Open|Or|Pass|Put|Raise|Redirect|Remove|Rename|Replace|Restore|Run|Save|See|Select|Set|Share|Shorten|Split|Start|To|Update|Use|Verify|Wait|With|Write|`)/;

const BEGIN = '<!-- errors: written by npm run docs:errors -->';

/** The reference page with the rows that the source and the cases give now. */
export function renderPage(page: string): string {
  const [head] = page.split(BEGIN);
  const [deployment, synth] = partition(catalogue(), ({ level }) => level === 'deployment');
  return `${head}${BEGIN}\n\n${renderSynth(synth)}\n${renderLint()}\n${renderDeployment(deployment)}`;
}

function renderSynth(utterances: Utterance[]): string {
  const mistakes = mistakesInSource();
  const rows = new Map<string, string[]>();
  for (const { id, level } of utterances) {
    const text = provoke(CASES[id]).find((message) => message.id === id)?.text ?? '';
    const [wrong, why, remedy] = partsOf(text);
    const group = id.split('.')[0];
    rows.set(group, [...rows.get(group) ?? [], row(`<a id="${anchorOf(id)}"></a>\`${id}\`${level === 'warning' ? ' (warning)' : ''}`, wrong, why, remedy, code(mistakes.get(id) ?? ''))]);
  }
  return [...rows].map(([group, lines]) => `### ${group}\n\n| id | what is wrong | why | what to do | example of the mistake |\n|---|---|---|---|---|\n${lines.join('\n')}\n`).join('\n');
}

function renderLint(): string {
  const lines = Object.entries(LINT_RULES).map(([name, { level, wrong, why, remedy }]) => row(`<a id="${anchorOf(`MigrationSource.${name}`)}"></a>\`${name}\`${level === 'warning' ? ' (warning)' : ''}`, wrong, why, remedy));
  return '## Findings in migration files\n\nErrors are reported together, as `MigrationSource.lintErrors`. The id of a warning is `MigrationSource.<rule>:<file>`. '
    + 'A file accepts a rule with the comment `-- cdk-private-backend:allow <rule> <reason>`.\n\n'
    + `| rule | what is wrong | why | what to do |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

function renderDeployment(utterances: Utterance[]): string {
  const lines = utterances.map(({ id, text }) => {
    return row(`\`${id}\``, ...partsOf(text).map((part) => part.replace(/<(?:[^<>]|<[^<>]*>)*>/g, '…')));
  });
  return '## During a deployment\n\nThe reason of a failed resource begins with the code in brackets. The messages have values where this table has “…”.\n\n'
    + `| code | what is wrong | why | what to do |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

/** The code of each case, which is the mistake. */
function mistakesInSource(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of CASE_FILES) {
    const source = ts.createSourceFile(file, readFileSync(resolve(__dirname, 'cases', file), 'utf8'), ts.ScriptTarget.Latest, true);
    const look = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name) && Object.hasOwn(CASES, node.name.text)) {
        found.set(node.name.text, bodyOf(source, node.initializer));
      } else {
        ts.forEachChild(node, look);
      }
    };
    look(source);
  }
  return found;
}

function bodyOf(source: ts.SourceFile, node: ts.Node): string {
  if (ts.isCallExpression(node)) {
    return bodyOf(source, node.arguments.find(ts.isArrowFunction) ?? node.arguments[0]);
  }
  if (!ts.isArrowFunction(node)) {
    return node.getText(source);
  }
  return ts.isBlock(node.body) ? node.body.statements.map((statement) => statement.getText(source)).join(' ') : node.body.getText(source);
}

/** What a message says is wrong, why, and what to write. One that names all allowed values needs no third part. */
function partsOf(text: string): [string, string, string] {
  const [wrong, ...rest] = sentencesOf(text);
  const hasRemedy = rest.length > 0 && REMEDY.test(rest[rest.length - 1]);
  const remedy = hasRemedy ? rest.pop()! : / must /.test(wrong) ? 'Use a value that the message allows.' : '';
  return [wrong, rest.join(' '), remedy];
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replace(/\s*\n\s*/g, ' ').replace(/`/g, '\'')}\``;
}

function anchorOf(id: string): string {
  return id.toLowerCase().replace(/\./g, '-');
}

function partition<T>(all: T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}
