import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

const BLOCK = 512;
const LONGEST_NAME = 100;

/** A directory as a tar file: the same bytes from the same files, on every machine and at any time, so that its hash is known at synth. */
export function archive(scope: IConstruct, directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1).replaceAll('\\', '/'));
  const entries = files.sort().flatMap((name) => entryOf(scope, name, readFileSync(join(directory, name))));
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}

/** @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
function entryOf(scope: IConstruct, name: string, content: Buffer): Buffer[] {
  if (Buffer.byteLength(name) > LONGEST_NAME) {
    throw new InvalidBackendError(scope, 'Instance.scriptName', `The path '${name}' has ${Buffer.byteLength(name)} bytes, and a file for instances can have at most ${LONGEST_NAME}. Use a shorter path.`);
  }
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(isProgram(content) ? 0o755 : 0o644, 7), 100);
  header.write(octal(0, 7) + octal(0, 7) + octal(content.length, 11) + octal(0, 11), 108);
  header.write(' '.repeat(8) + '0', 148);
  header.write('ustar\x0000', 257);
  header.write(`${octal(header.reduce((sum, byte) => sum + byte, 0), 6)} `, 148);
  return [header, content, Buffer.alloc((BLOCK - content.length % BLOCK) % BLOCK)];
}

/** File systems and version control do not agree on modes. */
function isProgram(content: Buffer): boolean {
  return content.subarray(0, 2).toString() === '#!';
}
