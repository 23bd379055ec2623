import { dirname, join, normalize } from 'node:path/posix';
import * as ts from 'typescript';

/** Sources by their path from the root of the repository, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

/** Names that would make a template depend on when, where or by whom it was made. */
const NONDETERMINISTIC = /^(Date\.now|Math\.random|process\.(env|cwd|hrtime|argv|platform|arch)|crypto\.random\w+|os\.\w+)$/;
const OUTSIDE_WORLD = /^(node:)?(http|https|http2|net|tls|dns|dgram|child_process|os)(\/|$)/;

/** Literal partitions and domain suffixes, which are wrong in other partitions. Comments, names of service principals and the advice of a check do not count. */
export function partitionLiterals(path: string, text: string): string[] {
  const found: string[] = [];
  visit(path, text, (node, source) => {
    const literal = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (literal && /arn:aws[:-]|amazonaws\.com/.test(node.text) && !isServicePrincipal(node) && !isAdvice(node)) {
      found.push(`${at(path, node, source)}: ${node.text}`);
    }
  });
  return found;
}

/** What code that runs at synth must not ask for: the clock, chance, the environment, the network. */
export function nondeterminism(path: string, text: string): string[] {
  const found: string[] = [];
  visit(path, text, (node, source) => {
    const asked = ts.isPropertyAccessExpression(node) && NONDETERMINISTIC.test(node.getText(source));
    const clock = ts.isNewExpression(node) && node.expression.getText(source) === 'Date' && (node.arguments ?? []).length === 0;
    const imported = ts.isImportDeclaration(node) && !node.importClause?.isTypeOnly
      && OUTSIDE_WORLD.test((node.moduleSpecifier as ts.StringLiteral).text);
    if (asked || clock || imported) {
      found.push(`${at(path, node, source)}: ${node.getText(source)}`);
    }
  });
  return found;
}

/** Mentions of an identifier in code; comments do not count. */
export function identifierUses(path: string, text: string, name: string): string[] {
  const found: string[] = [];
  visit(path, text, (node, source) => {
    if (ts.isIdentifier(node) && node.text === name) {
      found.push(at(path, node, source));
    }
  });
  return found;
}

/** Files that an entry point loads, itself included. Imports of types alone load nothing. */
export function reachable(sources: Sources, entries: string[], withTypes = false): Set<string> {
  const seen = new Set<string>();
  const visitFile = (path: string): void => {
    if (!seen.has(path)) {
      seen.add(path);
      imports(path, sources.get(path) ?? '', withTypes).forEach((specifier) => {
        const target = resolveImport(sources, path, specifier);
        return target === undefined ? undefined : visitFile(target);
      });
    }
  };
  entries.forEach(visitFile);
  return seen;
}

/** Lines of an index file that do more than export a folder or a file beside it. */
export function foreignExports(text: string, pattern: RegExp): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !pattern.test(line));
}

/** What no text of the repository may hold. */
const FORBIDDEN_TEXT: Record<string, RegExp> = {
  'a path of somebody\'s machine': new RegExp(`(?<![\\w.])/(${['work', 'root', 'home', 'Users'].join('|')})/[a-z]\\w*`, 'g'),
  'a note to do something later': new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`, 'g'),
  'a switched-off check': new RegExp(['eslint-' + 'disable', '@ts-' + 'ignore', '@ts-' + 'nocheck', '@ts-' + 'expect-error'].join('|'), 'g'),
  // AWS's own examples end in EXAMPLE.
  'an access key': /\b(AKIA|ASIA)(?!\w*EXAMPLE\b)[0-9A-Z]{16}\b/g,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}/g,
};
const FORBIDDEN_IN_TESTS: Record<string, RegExp> = {
  'a skipped or singled-out test': /\b(describe|it|test)\.(skip|only|todo)\b|\b(xit|xdescribe|xtest|fdescribe|fit)\(|\bt\.Skip/g,
};

/** Which of the forbidden things a text holds, by line. */
export function forbiddenText(path: string, text: string): string[] {
  const rules = { ...FORBIDDEN_TEXT, ...(/[._]test\.\w+$/.test(path) ? FORBIDDEN_IN_TESTS : {}) };
  return Object.entries(rules).flatMap(([what, pattern]) => [...text.matchAll(pattern)]
    .map((match) => `${path}:${text.slice(0, match.index).split('\n').length} holds ${what}: ${match[0].trim().slice(0, 120)}`));
}

/** Entry points of handlers that no test mentions by their name. */
export function handlersWithoutTest(entries: string[], tests: Sources): string[] {
  return entries.filter((entry) => {
    const name = entry.replace(/^.*\/([^/]+\/[^/]+)\.ts$/, '$1');
    const loads = new RegExp(`['"\`][^'"\`\n]*/${name.replaceAll('.', '\\.')}(\\.ts)?['"\`]`);
    return ![...tests.values()].some((text) => loads.test(text));
  });
}

/** Sources that import a module of somebody else, also those that want only its types. */
export function importersOf(sources: Sources, module: string): string[] {
  return [...sources].filter(([path, text]) => imports(path, text, true).includes(module)).map(([path]) => path);
}

/** An import of one source by another. */
export interface SourceImport {
  readonly from: string;
  readonly to: string;
}

/** Imports of sources by sources, those of types alone too. */
export function importsAmong(sources: Sources): SourceImport[] {
  return [...sources].flatMap(([from, text]) => imports(from, text, true)
    .map((specifier) => resolveImport(sources, from, specifier))
    .filter((to) => to !== undefined)
    .map((to) => ({ from, to })));
}

function imports(path: string, text: string, withTypes: boolean): string[] {
  const found: string[] = [];
  visit(path, text, (node) => {
    const declaration = (ts.isImportDeclaration(node) && (withTypes || !node.importClause?.isTypeOnly))
      || (ts.isExportDeclaration(node) && (withTypes || !node.isTypeOnly));
    const specifier = declaration ? (node as ts.ImportDeclaration | ts.ExportDeclaration).moduleSpecifier : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) {
      found.push(specifier.text);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && ts.isStringLiteral(node.arguments[0])) {
      found.push(node.arguments[0].text);
    }
  });
  return found;
}

function resolveImport(sources: Sources, from: string, specifier: string): string | undefined {
  const target = normalize(join(dirname(from), specifier));
  return specifier.startsWith('.') ? [`${target}.ts`, `${target}/index.ts`, target].find((path) => sources.has(path)) : undefined;
}

function isServicePrincipal(node: ts.Node): boolean {
  const parent = node.parent;
  return (ts.isNewExpression(parent) || ts.isCallExpression(parent)) && /(^|\.)ServicePrincipal(\.servicePrincipalName)?$/.test(parent.expression.getText());
}

/** What a check tells people to write reaches no template. */
function isAdvice(node: ts.Node): boolean {
  return ts.isPropertyAssignment(node.parent) && node.parent.name.getText() === 'fix';
}

function at(path: string, node: ts.Node, source: ts.SourceFile): string {
  return `${path}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`;
}

function visit(path: string, text: string, look: (node: ts.Node, source: ts.SourceFile) => void): void {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const walk = (node: ts.Node): void => {
    look(node, source);
    ts.forEachChild(node, walk);
  };
  walk(source);
}
