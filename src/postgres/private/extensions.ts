import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/**
 * Refuses what cannot be the name of an extension, on any server.
 *
 * @see https://www.postgresql.org/docs/current/sql-createextension.html
 */
export function validateExtensions(scope: IConstruct, extensions: string[]): void {
  for (const extension of extensions) {
    if (!Token.isUnresolved(extension) && !/^[a-z][a-z0-9_-]{0,62}$/.test(extension)) {
      throw new InvalidBackendError(scope, 'PostgresDatabase.extensionName',
        `'${extension}' isn't a valid extension name. Use at most 63 lower-case letters, digits, '_' and '-', with a letter first, such as 'pgcrypto' or 'uuid-ossp'.`);
    }
  }
  const twice = extensions.find((extension, index) => extensions.indexOf(extension) !== index);
  if (twice !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresDatabase.extensionTwice', `\`extensions\` contains '${twice}' twice. Remove one of them.`);
  }
}
