import * as fs from 'fs';
import { createRequire } from 'module';
import * as path from 'path';
import * as ts from 'typescript';

/**
 * Puts the compiled files of each room, a folder directly below `src/`, together into `lib/rooms/<room>.js`, and rewrites the index
 * so that a file's code runs when something of it is first used: an app that makes a database should not wait for CloudFront.
 * Of scripts, only the index and the rooms are published (docs/adr/0022). Runs after the compiler.
 */
const LIB = path.resolve('lib');
const ROOMS = path.join(LIB, 'rooms');
const INDEX = path.join(LIB, 'index.js');

/** The compiler writes these into each file that needs them. They end at the first line that begins with a brace and ends with a semicolon. */
const HELPER = /^var (__\w+) = \(this && this\.\1\)[^]*?^\}.*;\n/gm;

/** A compiled file: `fargate` and `private/discovery`. */
interface Part {
  readonly room: string;
  readonly name: string;
}

function partOf(file: string): Part {
  const [room, ...name] = path.relative(LIB, file).split(path.sep);
  return { room, name: name.join('/').replace(/\.js$/, '') };
}

/** The code of a part as it stands in its room: it asks other rooms for what is theirs, and finds what stands beside its own file. */
function codeOf(part: Part): string {
  const file = path.join(LIB, part.room, `${part.name}.js`);
  const directory = path.relative(ROOMS, path.dirname(file)).split(path.sep).join('/');
  return fs.readFileSync(file, 'utf8')
    .replace(/\brequire\("(\.[^"]*)"\)/g, (_call, wanted: string) => {
      const { room, name } = partOf(createRequire(file).resolve(wanted));
      if (wanted.endsWith('.json')) {
        return `require("${path.posix.join(directory, wanted)}")`;
      }
      return room === part.room ? `__part("${name}")` : `require("./${room}.js")["${name}"]`;
    })
    .replace(/\b__dirname\b/g, `require("path").join(__dirname, "${directory}")`);
}

/** Comments are for declarations, where editors show them; in scripts they are a seventh. */
function withoutComments(text: string): string {
  return ts.transpileModule(text, {
    fileName: 'room.js',
    compilerOptions: { allowJs: true, removeComments: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, moduleDetection: ts.ModuleDetectionKind.Legacy },
  }).outputText;
}

function bundle(parts: Part[]): string {
  const codes = parts.map((part) => [part.name, codeOf(part)] as const);
  const helpers = new Set(codes.flatMap(([, code]) => code.match(HELPER) ?? []));
  return withoutComments(`"use strict";
${[...helpers].join('')}
const __parts = {
${codes.map(([name, code]) => `"${name}"(exports) {\n${code.replace('"use strict";\n', '').replace(HELPER, '')}}`).join(',\n')}
};
const __loaded = {};
function __part(name) {
  if (!(name in __loaded)) {
    __loaded[name] = {};
    __parts[name](__loaded[name]);
  }
  return __loaded[name];
}
for (const name of Object.keys(__parts)) Object.defineProperty(exports, name, { enumerable: true, get: () => __part(name) });
`);
}

/** The part that defines an exported name. */
function definingPart(name: string, value: unknown): Part {
  const file = Object.entries(require.cache).find(([candidate, module]) => (
    path.basename(candidate) !== 'index.js' && candidate.startsWith(LIB + path.sep) && (module?.exports as Record<string, unknown>)[name] === value
  ))?.[0];
  if (file === undefined) {
    throw new Error(`No file below lib/ exports '${name}'.`);
  }
  return partOf(file);
}

const exported = Object.entries(createRequire(INDEX)(INDEX) as Record<string, unknown>);
const loaded = Object.keys(require.cache).filter((file) => file.startsWith(LIB + path.sep) && file.endsWith('.js') && file !== INDEX).map(partOf);
const handler = loaded.find(({ name }) => /(^|\/)handler\/|\.lambda$/.test(name));
if (handler !== undefined) {
  throw new Error(`src/${handler.room}/${handler.name}.ts runs in a handler only, and the index leads to it.`);
}
fs.mkdirSync(ROOMS);
for (const room of new Set(loaded.map((part) => part.room))) {
  fs.writeFileSync(path.join(ROOMS, `${room}.js`), bundle(loaded.filter((part) => part.room === room)));
}
fs.writeFileSync(INDEX, [
  '"use strict";',
  'Object.defineProperty(exports, "__esModule", { value: true });',
  // Node.js finds the names for `import { … }` by reading, and reads plain assignments.
  ...exported.map(([name]) => `exports.${name} = void 0;`),
  'const lazy = (name, load) => Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => load()[name] });',
  ...exported.map(([name, value]) => [name, definingPart(name, value)] as const).map(([name, part]) => `lazy("${name}", () => require("./rooms/${part.room}.js")["${part.name}"]);`),
  '',
].join('\n'));
