import * as fs from 'fs';
import * as path from 'path';
import { gzipSync } from 'zlib';
import { ROOT } from './support/paths';
import { printTable, type Verdict } from './support/report';

const KIB = 1024;

/** (d) Sizes of what is deployed: bundles and the data that goes with them. */
export async function benchBundles(): Promise<Verdict[]> {
  const assets = path.join(ROOT, 'assets');
  const directories = fs.readdirSync(assets, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) === 'index.js')
    .map((file) => path.dirname(file))
    .sort();
  const sizes = new Map(directories.map((directory) => [directory, sizeOf(path.join(assets, directory))]));
  printTable('### (d) Bundles, all files of each, minified as published', ['bundle', 'KiB', 'gzip, KiB'], [...sizes].map(([directory, { plain, zipped }]) => [directory, plain / KIB, zipped / KIB]));
  const sql = sizes.get(path.join('postgres/engine/sql.lambda'))?.plain ?? NaN;
  return [{ what: '(d) SQL function', value: sql / KIB, target: 400, unit: ' KiB' }];
}

function sizeOf(directory: string): { readonly plain: number; readonly zipped: number } {
  const files = fs.readdirSync(directory).map((file) => fs.readFileSync(path.join(directory, file)));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return { plain: sum(files.map((file) => file.length)), zipped: sum(files.map((file) => gzipSync(file).length)) };
}
