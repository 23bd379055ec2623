// Public names that aws-cdk-lib has as well, so that an editor would import the wrong one:
// node .ci/check-names.mjs <directory of aws-cdk-lib>
import { readFileSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';
import { gunzipSync } from 'zlib';

const [, , library] = process.argv;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The types of an assembly, which may be in a compressed file beside it. */
function typesIn(directory) {
  const assembly = JSON.parse(readFileSync(join(directory, '.jsii'), 'utf8'));
  const whole = assembly.schema === 'jsii/file-redirect' ? JSON.parse(gunzipSync(readFileSync(join(directory, assembly.filename)))) : assembly;
  return { version: whole.version, types: Object.values(whole.types) };
}

const { version, types } = typesIn(library);
const theirs = new Map(types.map(({ name, fqn }) => [name, fqn]));
const ours = typesIn(root).types.map(({ name }) => name);
const collisions = ours.filter((name) => theirs.has(name)).map((name) => `${name} is ${theirs.get(name)}`);
collisions.forEach((line) => console.error(line));
console.log(`${ours.length} names compared with ${theirs.size} of aws-cdk-lib ${version}`);
process.exit(collisions.length === 0 && ours.length > 0 && theirs.size > 1000 ? 0 : 1);
