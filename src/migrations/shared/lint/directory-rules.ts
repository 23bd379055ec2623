import { createHash } from 'crypto';
import { compareText, compareVersions, versionOf } from './file-name';
import { findingText, type LintRule, type RuleName } from './lint-rules';
import type { Finding, MigrationFile } from './lint-types';
import type { EngineName } from '../runner.contract';

/** File in a migrations directory that lists the released files, as `sha256sum *.sql` prints them. */
export const SUM_FILE = 'migrations.sum';

/** Checksums of released files, by file name. */
export type ReleasedFiles = ReadonlyMap<string, string>;

/** Reads the list of released files. Other lines are findings. */
export function parseSums(content: string): { readonly released: ReleasedFiles; readonly findings: Finding[] } {
  const released = new Map<string, string>();
  const findings: Finding[] = [];
  content.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sum && name) {
      released.set(name.replace(/^\.\//, ''), sum);
    } else {
      findings.push(finding('released-file-changed', SUM_FILE, { wrong: 'The line isn\'t output of `sha256sum`.', why: '', remedy: 'Write 64 hexadecimal digits, two spaces and a file name.' }, index + 1));
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
      findings.push(finding('file-name', name, badName(engine)));
      continue;
    }
    const number = BigInt(version);
    const twin = seen.get(number);
    if (twin !== undefined) {
      findings.push(finding('duplicate-version', name, { wrong: `'${twin}' has version ${version} too.` }));
    } else if (highest && highest.version > number) {
      findings.push(misordered(engine, name, highest.name));
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
    if (!names.has(name)) findings.push(finding('released-file-missing', name, { wrong: `The file is released (listed in '${SUM_FILE}') and missing.` }));
  }
  const versions = [...released.keys()].map((name) => versionOf(engine, name)).filter((version) => version !== undefined);
  const newest = versions.sort((left, right) => compareVersions(engine, left, right)).pop();
  for (const file of files) {
    const sum = released.get(file.name);
    const version = versionOf(engine, file.name);
    if (sum !== undefined && !hasSum(file.content, sum)) {
      findings.push(finding('released-file-changed', file.name, { wrong: `The file is released (listed in '${SUM_FILE}') and has changed.` }));
    }
    if (sum === undefined && version !== undefined && newest !== undefined && compareVersions(engine, version, newest) < 0) {
      const why = engine === 'goose' ? 'goose refuses the file.' : 'Databases would apply the files in different orders.';
      findings.push(finding('older-than-released', file.name, { wrong: `The version is below ${newest}, which is released.`, why }));
    }
  }
  return findings;
}

/** Git may check text files out with other line endings; that is no edit. */
function hasSum(content: string, sum: string): boolean {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  return sha256(content) === sum || sha256(content.replace(/\r\n/g, '\n')) === sum;
}

function finding(rule: RuleName, file: string, exactly: Partial<LintRule>, line = 1): Finding {
  return { rule, file, line, message: findingText(rule, exactly) };
}

function badName(engine: EngineName): Partial<LintRule> {
  return engine === 'goose'
    ? { why: 'goose needs a number from 1 and an underscore.', remedy: 'Rename the file, for example to \'00001_create_users.sql\'.' }
    : { why: 'dbmate needs digits.', remedy: 'Rename the file, for example to \'20260102030405_create_users.sql\'.' };
}

function misordered(engine: EngineName, name: string, other: string): Finding {
  return engine === 'dbmate'
    ? finding('unordered-versions', name, { wrong: `dbmate applies the file after '${other}', whose number is larger.` })
    : finding('confusing-order', name, { wrong: `goose applies the file before '${other}', which comes first by name.` });
}
