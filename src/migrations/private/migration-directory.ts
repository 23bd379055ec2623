import { createHash } from 'crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'fs';
import { join, resolve } from 'path';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { SUM_FILE } from '../lint/directory-rules';
import { compareText } from '../lint/file-name';
import type { MigrationFile } from '../lint/lint-types';

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
    throw new InvalidBackendError(scope, `The ${engine} migrations directory '${directory}' is not there: looked for '${path}'. A relative path starts at the working directory of the app`);
  }
  const names = readdirSync(path).filter((name) => !name.startsWith('.') && statSync(join(path, name)).isFile()).sort(compareText);
  const go = names.find((name) => engine === 'goose' && name.endsWith('.go') && !name.endsWith('_test.go'));
  if (go !== undefined) {
    throw new InvalidBackendError(scope, `'${join(path, go)}' is a Go migration, which only a binary of your own can apply. Build an image with it and use MigrationSource.command`);
  }
  const files = names.filter((name) => name.endsWith('.sql')).map((name) => ({ name, content: readFileSync(join(path, name), 'utf8') }));
  if (files.length === 0) {
    throw new InvalidBackendError(scope, `The ${engine} migrations directory '${path}' holds no .sql file. Add the first migration there`);
  }
  return { path, files, sums: names.includes(SUM_FILE) ? readFileSync(join(path, SUM_FILE), 'utf8') : undefined };
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
