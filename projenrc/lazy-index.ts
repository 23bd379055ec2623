import * as fs from 'fs';
import { createRequire } from 'module';
import * as path from 'path';

/**
 * Rewrites the compiled index so that a construct is loaded when it is first used: an app that makes a database should
 * not wait for CloudFront. aws-cdk-lib does the same with its own index. Runs after the compiler.
 */
const INDEX = path.resolve('lib/index.js');

/** The file that defines an exported name, relative to the index. */
function definingFile(name: string, value: unknown): string {
  const file = Object.entries(require.cache).find(([candidate, module]) => (
    path.basename(candidate) !== 'index.js' && candidate.startsWith(path.dirname(INDEX)) && (module?.exports as Record<string, unknown>)[name] === value
  ))?.[0];
  if (file === undefined) {
    throw new Error(`No file below lib/ exports '${name}'.`);
  }
  return `./${path.relative(path.dirname(INDEX), file).split(path.sep).join('/').replace(/\.js$/, '')}`;
}

const exported = Object.entries(createRequire(INDEX)(INDEX) as Record<string, unknown>);
fs.writeFileSync(INDEX, [
  '"use strict";',
  'Object.defineProperty(exports, "__esModule", { value: true });',
  // Node.js finds the names for `import { … }` by reading, and reads plain assignments.
  ...exported.map(([name]) => `exports.${name} = void 0;`),
  'const lazy = (name, file) => Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => require(file)[name] });',
  ...exported.map(([name, value]) => `lazy("${name}", "${definingFile(name, value)}");`),
  '',
].join('\n'));
