import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'fs';
import { basename, join } from 'path';
import { FileSystem, SymlinkFollowMode } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { CpuArchitecture } from 'aws-cdk-lib/aws-ecs';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import type { EngineDefinition } from './engines';
import { InvalidBackendError } from '../../private/errors';
import { rdsRegions, rdsRootsFor } from '../../trust/shared/rds-roots';
import type { MigrationFile } from '../shared/lint/lint-types';
import { RunnerPaths } from '../shared/runner.contract';

/** Where the Dockerfiles are, one for each engine. */
const DOCKERFILES = join(__dirname, '..', 'images');

/** What goes into a runner image. */
export interface RunnerImageOptions {
  readonly engine: EngineDefinition;
  /** Path of the runner, bundled into one file. */
  readonly runner: string;
  readonly version: string;
  readonly files: readonly MigrationFile[];
  /** Hash of engine, version and files, line endings included. */
  readonly content: string;
  readonly cpuArchitecture: CpuArchitecture;
}

/**
 * The image that applies a directory of migrations. Its hash follows from content alone, so that every machine and working
 * directory gives the same template.
 */
export function createRunnerImage(scope: Construct, options: RunnerImageOptions): DockerImageAsset {
  const platform = platformOf(scope, options.cpuArchitecture);
  const directory = FileSystem.mkdtemp('cdk-private-backend-migrations-');
  try {
    stage(directory, options);
    return new DockerImageAsset(scope, 'Image', {
      directory,
      platform,
      buildArgs: { [options.engine.versionArgument]: options.version },
      // CDK ignores line endings in its own hash; engines and databases do not.
      extraHash: options.content,
      followSymlinks: SymlinkFollowMode.NEVER,
    });
  } finally {
    // Where CDK stages no assets, it refers to the directory itself.
    if (!scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT)) rmSync(directory, { recursive: true });
  }
}

function stage(directory: string, options: RunnerImageOptions) {
  const { engine, runner, files } = options;
  copyFileSync(join(DOCKERFILES, `${engine.name}.Dockerfile`), join(directory, 'Dockerfile'));
  copyFileSync(runner, join(directory, basename(RunnerPaths.ENTRYPOINT)));
  writeFileSync(join(directory, basename(RunnerPaths.CA_FILE)), allRoots());
  const migrations = join(directory, basename(RunnerPaths.MIGRATIONS));
  mkdirSync(migrations);
  for (const file of files) writeFileSync(join(migrations, file.name), file.content);
}

/** A region's roots are shared by none other, so the bundle is their sum. */
function allRoots(): string {
  return rdsRegions().sort().map((region) => rdsRootsFor(region)?.trim()).join('\n').concat('\n');
}

function platformOf(scope: Construct, architecture: CpuArchitecture): Platform {
  const known = [
    { architecture: CpuArchitecture.ARM64, platform: Platform.LINUX_ARM64 },
    { architecture: CpuArchitecture.X86_64, platform: Platform.LINUX_AMD64 },
  ];
  const found = known.find((entry) => entry.architecture._cpuArchitecture === architecture._cpuArchitecture);
  if (!found) {
    throw new InvalidBackendError(scope, 'MigrationTask.architecture', `\`architecture\` must be ARM64 or X86_64 for goose and dbmate migrations, got '${architecture._cpuArchitecture}'.`);
  }
  return found.platform;
}
