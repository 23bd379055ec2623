// Checks the report of `npm pack --json`: size, what must be there, what must not.
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path/posix';

const LARGEST = 1_300_000;
const REQUIRED = ['.jsii', 'LICENSE', 'README.md', 'THIRD-PARTY-LICENSES', 'lib/index.d.ts', 'lib/index.js', 'package.json'];
const FORBIDDEN = [
  [/^(test|examples|bench|docs|projenrc|coverage|dist|\.ci|\.github|\.projen|node_modules)\//, 'belongs to the repository only'],
  [/(^|\/)(API|CONTRIBUTING|TESTING)\.md$|(^|\/)\.projenrc\.ts$|tsconfig.*\.json$|\.tgz$/, 'belongs to the repository only'],
  [/(?<!\.d)\.ts$|\.map$|\.snap$|\.test\.|\.spec\./, 'is source, not what users run'],
  [/(^|\/)cdk\.out\/|\.env$|\.pem\.key$|(^|\/)\.npmrc$/, 'must not be published'],
];

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))[0];
const paths = report.files.map((file) => file.path);
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** Packages that a script asks for and that nobody who installs this one need have. */
function undeclared(path) {
  const packages = [...readFileSync(path, 'utf8').matchAll(/\brequire\("([^"./][^"]*)"\)/g)].map(([, name]) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(packages)].filter((name) => !isBuiltin(name) && manifest.peerDependencies[name] === undefined);
}

/** Files of the package that a file of it asks for and that are not in it: what must not be published may have been left out too widely. */
function unresolved(path) {
  const wanted = [...readFileSync(path, 'utf8').matchAll(/\b(?:require|from|import) ?\(?["'](\.[^"']*)["']/g)].map(([, name]) => join(path, '..', name));
  const endings = path.endsWith('.d.ts') ? ['.d.ts', '/index.d.ts'] : ['', '.js', '/index.js'];
  return wanted.filter((name) => !endings.some((ending) => paths.includes(name + ending)));
}

const problems = [
  ...paths.filter((path) => /^lib\/.*\.(js|d\.ts)$/.test(path)).flatMap((path) => unresolved(path).map((name) => `${path} needs ${name}, which is not in the package.`)),
  ...paths.filter((path) => /^lib\/.*\.js$/.test(path)).flatMap((path) => undeclared(path).map((name) => `${path} needs the package ${name}, which is no peer.`)),
  ...(report.size > LARGEST ? [`The tarball has ${report.size} bytes; at most ${LARGEST} are allowed.`] : []),
  ...REQUIRED.filter((path) => !paths.includes(path)).map((path) => `${path} is missing.`),
  ...(paths.some((path) => path.startsWith('assets/')) ? [] : ['The bundled handlers (assets/) are missing.']),
  ...paths.flatMap((path) => FORBIDDEN.filter(([pattern]) => pattern.test(path)).map(([, reason]) => `${path} ${reason}.`)),
  ...Object.keys(manifest.dependencies ?? {}).map((name) => `${name} is a runtime dependency; only peers are allowed.`),
  ...(manifest.bundledDependencies ?? manifest.bundleDependencies ?? []).map((name) => `${name} is a bundled dependency; bundle it into its handler.`),
];

const largest = [...report.files].sort((a, b) => b.size - a.size).slice(0, 8);
console.log(`${report.filename}: ${report.size} bytes packed, ${report.unpackedSize} unpacked, ${paths.length} files; the largest:`);
largest.forEach((file) => console.log(`  ${String(file.size).padStart(8)} ${file.path}`));
problems.forEach((problem) => console.error(problem));
process.exit(problems.length === 0 ? 0 : 1);
