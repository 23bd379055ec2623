import * as fs from 'fs';
import * as path from 'path';
import { build, type Plugin } from 'esbuild';
import { ROOT, WORK } from './paths';

/** Compiles a script of `bench/apps` for Node.js; the library in it is the compiled one that is published. */
export async function compileApp(name: string): Promise<string> {
  const outfile = path.join(WORK, `${name}.js`);
  await build({
    entryPoints: [path.join(ROOT, 'bench/apps', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    tsconfigRaw: {},
    external: ['aws-cdk-lib', 'constructs'],
    plugins: [compiledLibrary, directoryOfSource],
    logLevel: 'warning',
  });
  return outfile;
}

const compiledLibrary: Plugin = {
  name: 'compiled-library',
  setup: ({ onResolve }) => onResolve({ filter: /^cdk-private-backend$/ }, () => ({ path: '../../lib/index.js', external: true })),
};

/** Examples refer to files beside them. */
const directoryOfSource: Plugin = {
  name: 'directory-of-source',
  setup: ({ onLoad }) => onLoad({ filter: /[\\/]examples[\\/].*\.ts$/ }, async ({ path: file }) => ({
    contents: (await fs.promises.readFile(file, 'utf8')).replace(/\b__dirname\b/g, JSON.stringify(path.dirname(file))),
    loader: 'ts',
  })),
};
