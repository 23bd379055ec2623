import { isInside, launch } from './launch';
import { parseOptions } from './options';
import { play } from './play';
import { runProgram } from '../support/program';

const options = parseOptions(process.argv.slice(2));

if (isInside()) {
  void runProgram(() => play(options), () => Promise.resolve());
} else {
  void launch(options).then((code) => process.exit(code), (error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}
