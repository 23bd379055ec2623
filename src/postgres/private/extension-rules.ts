import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { EXTENSIONS, ONE_DATABASE_EXTENSIONS, PRELOADED_EXTENSIONS } from './extension-names';
import { advice } from './parameter-rules';
import { InvalidBackendError, warn } from '../../private/errors';

/** Where and how extensions are created. */
export interface ExtensionTarget {
  readonly databaseName: string;
  /** Parameters of the server. */
  readonly parameters: { readonly [name: string]: string };
}

/** Judges the extensions of one database by its server, which this library makes. */
export function judgeExtensions(scope: IConstruct, extensions: string[], target: ExtensionTarget): void {
  const known = extensions.filter((extension) => !Token.isUnresolved(extension));
  known.filter((extension) => !EXTENSIONS.has(extension)).forEach((extension) => {
    warn(scope, 'PostgresDatabase.unknownExtension', `'${extension}' is not in this library's list of extensions that RDS and Aurora offer. ${advice(extension, EXTENSIONS)}`);
  });
  known.forEach((extension) => requireDatabase(scope, extension, target));
  warnPreload(scope, known, target.parameters.shared_preload_libraries ?? '');
}

/** The server refuses the extension in any other database, so a second database cannot have it either. */
function requireDatabase(scope: IConstruct, extension: string, { databaseName, parameters }: ExtensionTarget): void {
  const parameter = ONE_DATABASE_EXTENSIONS.get(extension);
  if (parameter === undefined) {
    return;
  }
  const home = parameters[parameter];
  if (home !== undefined && home !== databaseName && (Token.isUnresolved(home) || Token.isUnresolved(databaseName))) {
    return;
  }
  if (home !== databaseName) {
    const shown = Token.isUnresolved(databaseName) ? 'this database' : `database '${databaseName}'`;
    throw new InvalidBackendError(scope, 'PostgresDatabase.oneDatabaseExtension', `A server has '${extension}' in one database only, '${home ?? 'postgres'}', so ${shown} can't have it. `
      + (home === undefined ? `Set \`parameters: { '${parameter}': '${Token.isUnresolved(databaseName) ? '…' : databaseName}' }\` of the server.` : `Remove '${extension}' here, or name this database in the parameter '${parameter}' of the server.`));
  }
}

function warnPreload(scope: IConstruct, extensions: string[], libraries: string): void {
  const loaded = libraries.split(',').map((library) => library.trim()).filter((library) => library !== '');
  const missing = extensions.filter((extension) => PRELOADED_EXTENSIONS.has(extension) && !loaded.includes(extension));
  if (missing.length > 0 && !Token.isUnresolved(libraries)) {
    warn(scope, 'PrivatePostgres.preload', `The server can load ${missing.map((name) => `'${name}'`).join(', ')} only when it starts. `
      + `Set \`parameters: { shared_preload_libraries: '${[...loaded, ...missing].join(',')}' }\` and restart the server before it creates the extension.`);
  }
}
