import { Token } from 'aws-cdk-lib';
import { hashTexts } from './migration-directory';
import { InvalidBackendError } from '../../private/errors';
import type { CommandMigrationOptions, MigrationSourceConfig } from '../migration-source';
import { compareText } from '../shared/lint/file-name';

/** Fails early, where the source is written, on what can never work. */
export function validateCommand(props: CommandMigrationOptions): void {
  if (props.command.length === 0) {
    throw new InvalidBackendError('MigrationSource.command()', 'MigrationSource.command', '`command` is empty. Set at least the program, such as `command: [\'npm\', \'run\', \'migrate\']`.');
  }
  if (!Token.isUnresolved(props.revision) && props.revision.trim() === '') {
    throw new InvalidBackendError('MigrationSource.command()', 'MigrationSource.revision', '`revision` is empty, so this library can\'t detect that the migrations changed. Set a text that changes with the migrations, such as a hash of their files or the image digest.');
  }
}

/** A command runs in the image that is given, as it is. */
export function bindCommand(props: CommandMigrationOptions): MigrationSourceConfig {
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
function revisionOf(props: CommandMigrationOptions, environment: string[]): string {
  const known = ['command', ...props.command, ...environment].filter((text) => !Token.isUnresolved(text));
  return Token.isUnresolved(props.revision) ? `${hashTexts(known)}-${props.revision}` : hashTexts([...known, props.revision]);
}
