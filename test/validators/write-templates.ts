import * as fs from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { MISTAKES } from './mistakes';

/** Writes each app with its mistake and without it as templates, and which of them cfn-lint must find: it cannot run in this process. */
const [, , directory] = process.argv;
const expected = Object.fromEntries(MISTAKES.map(({ id, caughtBy }) => [id, caughtBy['cfn-lint'] ?? null]));

fs.writeFileSync(path.join(directory, 'expected.json'), JSON.stringify(expected));

for (const { id, seed } of MISTAKES) {
  for (const wrong of [true, false]) {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    seed(stack, wrong);
    fs.copyFileSync(app.synth().getStackByName(stack.stackName).templateFullPath, path.join(directory, `${id}.${wrong ? 'wrong' : 'mended'}.json`));
  }
}
