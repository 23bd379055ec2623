import * as fs from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { MISTAKES } from './mistakes';

/** Writes each app with its mistake and without it as templates, for what cannot run in this process. */
const [, , directory] = process.argv;

for (const { id, seed } of MISTAKES) {
  for (const wrong of [true, false]) {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    seed(stack, wrong);
    fs.copyFileSync(app.synth().getStackByName(stack.stackName).templateFullPath, path.join(directory, `${id}.${wrong ? 'wrong' : 'mended'}.json`));
  }
}
