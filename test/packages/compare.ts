import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Lines of a diff that are printed of each file. */
const LONGEST = 120;

/** What two cloud assemblies must share byte for byte: templates, and the manifests of assets with their hashes. */
const SHARED = /\.(template|assets)\.json$/;

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
  if (!SHARED.test(expected) || readFileSync(expected).equals(readFileSync(actual))) {
    return [];
  }
  const labels = [expected, actual].map((file) => `--label=${join(basename(dirname(file)), basename(file))}`);
  const lines = spawnSync('diff', ['-U', '4', ...labels, expected, actual], { encoding: 'utf8', maxBuffer: 1e8 }).stdout.trimEnd().split('\n');
  return [[...lines.slice(0, LONGEST), ...(lines.length > LONGEST ? [`… and ${lines.length - LONGEST} more lines`] : [])].join('\n')];
}
