import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Lines of a diff that are printed of each file. */
const LONGEST = 120;

/** What the checks found while the app was synthesised. */
const REPORT = 'validation-report.json';

/** What two cloud assemblies must share: templates, manifests of assets with their hashes, and the report of the checks. */
const SHARED = /\.(template|assets)\.json$|^validation-report\.json$/;

/** How the assembly in `other` differs from the one in `reference`, as text to read; empty where it does not. */
export function differences(reference: string, other: string): string[] {
  const [expected, actual] = [reference, other].map(contents);
  if (!expected.some((name) => name.endsWith('.template.json'))) {
    return [`${reference} holds no template.`];
  }
  return [...new Set([...expected, ...actual])].sort(templatesFirst).flatMap((name) => {
    if (!actual.includes(name)) {
      return [`${name} is missing.`];
    }
    return expected.includes(name) ? differenceOf(join(reference, name), join(other, name)) : [`${name} is not in the reference.`];
  });
}

/** Files to compare, and the names of staged assets, which end with their hashes. */
function contents(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => SHARED.test(name) || name.startsWith('asset.')) : [];
}

/** The hashes in the manifest of assets follow from what the templates say. */
function templatesFirst(a: string, b: string): number {
  return Number(b.endsWith('.template.json')) - Number(a.endsWith('.template.json')) || a.localeCompare(b);
}

function differenceOf(expected: string, actual: string): string[] {
  if (!SHARED.test(basename(expected)) || comparable(expected).equals(comparable(actual))) {
    return [];
  }
  const lines = diff(expected, actual).trimEnd().split('\n');
  return [[...lines.slice(0, LONGEST), ...(lines.length > LONGEST ? [`… and ${lines.length - LONGEST} more lines`] : [])].join('\n')];
}

/** The bytes of a file; of a report without stack traces, which name the lines of the app in its own language. */
function comparable(file: string): Buffer {
  const bytes = readFileSync(file);
  if (basename(file) !== REPORT) {
    return bytes;
  }
  const withoutTraces = (key: string, value: unknown) => (/stackTraces?$/i.test(key) ? undefined : value);
  return Buffer.from(`${JSON.stringify(JSON.parse(bytes.toString()), withoutTraces, 2)}\n`);
}

function diff(...files: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-private-backend-diff-'));
  try {
    const copies = files.map((file, index) => {
      const copy = join(directory, `${index}`);
      writeFileSync(copy, comparable(file));
      return copy;
    });
    const labels = files.map((file) => `--label=${basename(dirname(file))}/${basename(file)}`);
    return spawnSync('diff', ['-U', '4', ...labels, ...copies], { encoding: 'utf8', maxBuffer: 1e8 }).stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
