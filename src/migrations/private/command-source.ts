import { Token } from 'aws-cdk-lib';
import { hashTexts } from './migration-directory';
import { InvalidBackendError } from '../../private/errors';
import type { CommandMigrationProps, MigrationSourceConfig } from '../migration-source';
import { compareText } from '../shared/lint/file-name';

/** Fails early, where the source is written, on what can never work. */
export function validateCommand(props: CommandMigrationProps): void {
  if (props.command.length === 0) {
    throw new InvalidBackendError(undefined, 'MigrationSource.command needs a command: a list with at least the program, like [\'npm\', \'run\', \'migrate\']');
  }
  if (!Token.isUnresolved(props.revision) && props.revision.trim() === '') {
    throw new InvalidBackendError(undefined, 'MigrationSource.command needs a revision: a text that changes exactly when the migrations do, like a hash of their files or the digest of the image');
  }
}

/** A command runs in the image that is given, as it is. */
export function bindCommand(props: CommandMigrationProps): MigrationSourceConfig {
  const environment = props.environment ?? {};
  const names = Object.keys(environment).sort(compareText);
  return {
    image: props.image,
    command: props.command,
    environment,
    revision: revisionOf(props, names.flatMap((name) => [name, environment[name]])),
    protectedTables: props.protectedTables ?? [],
    usesRunner: false,
  };
}

/** A token has its value only in CloudFormation, so it stays readable beside the hash. */
function revisionOf(props: CommandMigrationProps, environment: string[]): string {
  const known = ['command', ...props.command, ...environment].filter((text) => !Token.isUnresolved(text));
  return Token.isUnresolved(props.revision) ? `${hashTexts(known)}-${props.revision}` : hashTexts([...known, props.revision]);
}
