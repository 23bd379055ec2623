import { Annotations } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import type { MigrationSourceBindOptions, MigrationSourceConfig } from '../migration-source';
import type { EngineDefinition } from './engines';
import { hashTexts, type MigrationDirectory, readMigrationDirectory } from './migration-directory';
import { createRunnerImage } from './runner-image';
import { formatFinding } from '../shared/lint/lint';
import { dialectOf } from '../shared/migratable';
import type { MigrationDialect } from '../shared/migration-dialect';
import { RunnerEnv, RunnerPaths } from '../shared/runner.contract';

/** A directory of migrations, and the exact version of the engine that applies them. */
export interface EngineDirectory {
  readonly engine: EngineDefinition;
  readonly path: string;
  readonly version: string;
}

/** Checks a directory of migrations, and makes an image of it, the engine and the runner. */
export function bindEngine(scope: Construct, { engine, path, version }: EngineDirectory, options: MigrationSourceBindOptions): MigrationSourceConfig {
  // The path of a Go module holds its major version.
  const [major] = engine.defaultVersion.split('.');
  if (!new RegExp(`^${major}\\.\\d+\\.\\d+(-[0-9A-Za-z.]+)?$`).test(version)) {
    throw new InvalidBackendError(scope, 'MigrationSource.version', `\`version\` must be an exact version of ${engine.name} ${major}, such as '${engine.defaultVersion}', got '${version}'.`);
  }
  const directory = readMigrationDirectory(scope, engine.name, path);
  const dialect = dialectOf(scope, options.database);
  lintDirectory(scope, engine, dialect, directory);
  const content = hashTexts([engine.name, version, ...directory.files.flatMap((file) => [file.name, file.content])]);
  const asset = createRunnerImage(scope, { engine, runner: dialect.runner, version, files: directory.files, content, cpuArchitecture: options.architecture });
  return {
    image: ContainerImage.fromDockerImageAsset(asset),
    environment: {
      [RunnerEnv.ENGINE]: engine.name,
      [RunnerEnv.DIRECTORY]: RunnerPaths.MIGRATIONS,
      [RunnerEnv.CA_FILE]: RunnerPaths.CA_FILE,
    },
    revision: asset.assetHash,
    protectedTables: [engine.versionTable],
    usesRunner: true,
  };
}

function lintDirectory(scope: Construct, engine: EngineDefinition, dialect: MigrationDialect, directory: MigrationDirectory) {
  const { errors, warnings } = dialect.lint(engine.name, directory.files, directory.sums);
  if (errors.length > 0) {
    const list = errors.map((finding) => `  ${formatFinding(finding)}`).join('\n');
    throw new InvalidBackendError(scope, 'MigrationSource.lintErrors', `The ${engine.name} migrations in '${directory.path}' would fail:\n${list}\n`
      + 'Correct the files, or accept a finding with the comment `-- cdk-private-backend:allow <rule> <reason>` in its file.');
  }
  // Of the rule and the file, so that each finding is acknowledged alone; LINT_RULES has a row for each rule.
  for (const finding of warnings) {
    Annotations.of(scope).addWarningV2(`cdk-private-backend:MigrationSource.${finding.rule}:${finding.file}`, formatFinding(finding));
  }
}
