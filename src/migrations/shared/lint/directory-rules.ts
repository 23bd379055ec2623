import { createHash } from 'crypto';
import { compareText, compareVersions, versionOf } from './file-name';
import type { Finding, MigrationFile } from './lint-types';
import type { EngineName } from '../runner.contract';

/** File in a migrations directory that lists the released files, as `sha256sum *.sql` prints them. */
export const SUM_FILE = 'migrations.sum';

/** Checksums of released files, by file name. */
export type ReleasedFiles = ReadonlyMap<string, string>;

/** Reads the list of released files. Lines that are none are findings. */
export function parseSums(content: string): { readonly released: ReleasedFiles; readonly findings: Finding[] } {
  const released = new Map<string, string>();
  const findings: Finding[] = [];
  content.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sum && name) {
      released.set(name.replace(/^\.\//, ''), sum);
    } else {
      findings.push({ rule: 'released-file-changed', file: SUM_FILE, line: index + 1, message: 'Not a line of `sha256sum`: 64 hexadecimal digits, two spaces, a file name.' });
    }
  });
  return { released, findings };
}

/** Names: each has a version, no two the same, and every way of sorting gives the order in which the engine applies them. */
export function checkNames(engine: EngineName, files: MigrationFile[]): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<bigint, string>();
  let highest: { readonly version: bigint; readonly name: string } | undefined;
  for (const { name } of files) {
    const version = versionOf(engine, name);
    if (version === undefined) {
      findings.push({ rule: 'file-name', file: name, line: 1, message: badName(engine) });
      continue;
    }
    const number = BigInt(version);
    const twin = seen.get(number);
    if (twin !== undefined) {
      findings.push({ rule: 'duplicate-version', file: name, line: 1, message: `Version ${version} is also that of ${twin}. Give the newer file a version of its own.` });
    } else if (highest && highest.version > number) {
      findings.push({ rule: engine === 'dbmate' ? 'unordered-versions' : 'confusing-order', file: name, line: 1, message: misordered(engine, highest.name) });
    }
    seen.set(number, name);
    if (!highest || number > highest.version) highest = { version: number, name };
  }
  return findings;
}

/** Released files stay as they are, and new ones come after them. */
export function checkReleased(engine: EngineName, files: MigrationFile[], released: ReleasedFiles): Finding[] {
  const findings: Finding[] = [];
  const names = new Set(files.map((file) => file.name));
  for (const name of [...released.keys()].sort(compareText)) {
    if (!names.has(name)) findings.push({ rule: 'released-file-missing', file: name, line: 1, message: `The file is released (${SUM_FILE}) but gone: a new database would differ from the old ones. Restore it.` });
  }
  const versions = [...released.keys()].map((name) => versionOf(engine, name)).filter((version) => version !== undefined);
  const newest = versions.sort((left, right) => compareVersions(engine, left, right)).pop();
  for (const file of files) {
    const sum = released.get(file.name);
    const version = versionOf(engine, file.name);
    if (sum !== undefined && !hasSum(file.content, sum)) {
      findings.push({ rule: 'released-file-changed', file: file.name, line: 1, message: `The file is released (${SUM_FILE}) and has changed: databases that applied it will not get the change. Restore it and write a new file.` });
    }
    if (sum === undefined && version !== undefined && newest !== undefined && compareVersions(engine, version, newest) < 0) {
      findings.push({ rule: 'older-than-released', file: file.name, line: 1, message: `The version is below ${newest}, which is released: ${engine === 'goose' ? 'goose refuses it' : 'databases would apply it in another order'}. Give it a newer version.` });
    }
  }
  return findings;
}

/** Git may check text files out with other line endings; that is no edit. */
function hasSum(content: string, sum: string): boolean {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  return sha256(content) === sum || sha256(content.replace(/\r\n/g, '\n')) === sum;
}

function badName(engine: EngineName): string {
  return engine === 'goose'
    ? 'goose needs a number from 1 and an underscore at the start: 00001_create_users.sql.'
    : 'dbmate needs digits at the start: 20260102030405_create_users.sql.';
}

function misordered(engine: EngineName, other: string): string {
  return engine === 'dbmate'
    ? `dbmate applies files in the order of their names as text, so this one comes after ${other}, whose number is larger. Give all versions the same number of digits.`
    : `goose applies it before ${other}, but it is listed after it. Give all versions the same number of digits.`;
}
