import * as fs from 'fs';
import * as path from 'path';
import * as ts from 'typescript';

/**
 * Takes comments out of the compiled JavaScript, which nobody reads there: declarations keep theirs for editors. They are a
 * seventh of it. Runs after the compiler.
 */
const LIB = path.resolve('lib');

for (const name of fs.readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))) {
  const file = path.join(LIB, name);
  const { outputText } = ts.transpileModule(fs.readFileSync(file, 'utf8'), {
    fileName: file,
    compilerOptions: { allowJs: true, removeComments: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, moduleDetection: ts.ModuleDetectionKind.Legacy },
  });
  fs.writeFileSync(file, outputText);
}
