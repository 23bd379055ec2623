import { createHash } from 'crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'fs';
import { join, resolve } from 'path';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { SUM_FILE } from '../shared/lint/directory-rules';
import { compareText } from '../shared/lint/file-name';
import type { MigrationFile } from '../shared/lint/lint-types';

/** The files of a directory that an engine would apply. */
export interface MigrationDirectory {
  /** Absolute path. */
  readonly path: string;
  /** Sorted by name. */
  readonly files: MigrationFile[];
  /** Content of `migrations.sum`, where there is one. */
  readonly sums?: string;
}

/** Reads the SQL files of a directory. Neither engine looks into folders below it. */
export function readMigrationDirectory(scope: IConstruct, engine: string, directory: string): MigrationDirectory {
  const path = resolve(directory);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new InvalidBackendError(scope, 'MigrationSource.directoryMissing', `The ${engine} migrations directory '${directory}' ${existsSync(path) ? 'isn\'t a directory' : 'doesn\'t exist'} (looked in '${path}'). `
      + 'A relative path is resolved from the directory where `cdk` runs. Use `path.join(__dirname, \'migrations\')`, or create the directory.');
  }
  const names = readdirSync(path).filter((name) => !name.startsWith('.') && isFile(scope, join(path, name))).sort(compareText);
  refuseUnread(scope, engine, path, names);
  const files = names.filter((name) => name.endsWith('.sql')).map((name) => ({ name, content: readFileSync(join(path, name), 'utf8') }));
  if (files.length === 0) {
    throw new InvalidBackendError(scope, 'MigrationSource.directoryEmpty', `The ${engine} migrations directory '${path}' contains no '.sql' file. Add the first migration to the directory.`);
  }
  return { path, files, sums: names.includes(SUM_FILE) ? readFileSync(join(path, SUM_FILE), 'utf8') : undefined };
}

function isFile(scope: IConstruct, path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new InvalidBackendError(scope, 'MigrationSource.brokenLink', `'${path}' is a symbolic link to a file that doesn't exist. Restore the file, or remove the link.`);
  }
  return stats.isFile();
}

/** What people may take for a migration, and the engine would pass over in silence. Go files without a version embed the others. */
function refuseUnread(scope: IConstruct, engine: string, path: string, names: readonly string[]) {
  const go = names.find((name) => engine === 'goose' && /^\d+_.*(?<!_test)\.go$/.test(name));
  if (go !== undefined) {
    throw new InvalidBackendError(scope, 'MigrationSource.goMigration', `'${join(path, go)}' is a Go migration, which only a binary of your own can apply. Build an image with that binary, and use \`MigrationSource.command\`.`);
  }
  const upper = names.find((name) => /\.sql$/i.test(name) && !name.endsWith('.sql'));
  if (upper !== undefined) {
    throw new InvalidBackendError(scope, 'MigrationSource.upperCaseName', `'${join(path, upper)}' doesn't end with '.sql' in lower case, so ${engine} ignores the file. Rename the file.`);
  }
}

/** A hash of texts, in order, that no other list of texts has. */
export function hashTexts(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) {
    const bytes = Buffer.from(text, 'utf8');
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}
