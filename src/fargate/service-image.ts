import { existsSync } from 'fs';
import { join, resolve } from 'path';
import { IgnoreMode } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct, IConstruct } from 'constructs';
import { InvalidBackendError } from '../private/errors';
import { sortedByName } from '../private/sorted';

/** Options of an image that is built from a directory. */
export interface ServiceImageOptions {
  /**
   * Path of the Dockerfile, relative to the directory.
   *
   * @default 'Dockerfile'
   */
  readonly file?: string;

  /**
   * Stage of the Dockerfile to build.
   *
   * @default - the last stage
   */
  readonly target?: string;

  /**
   * Build arguments. They stay readable in the image's history, so never put a secret here.
   *
   * @default - none
   */
  readonly buildArgs?: { [name: string]: string };

  /**
   * Patterns of files that are not sent to the build and do not change the image, besides those in `.dockerignore`.
   *
   * @default - none
   */
  readonly exclude?: string[];
}

/**
 * Images of services.
 *
 * `ContainerImage.fromAsset` builds for the machine that runs the build and dies with "exec format error" where the task
 * has another architecture. An image from here is built for the architecture of the task that uses it.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { FargateApi, ServiceImage } from 'cdk-private-backend';
 *
 * declare const cluster: ICluster;
 * const stack = new Stack(new App(), 'Backend');
 * new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('service', { target: 'production' }) });
 */
export abstract class ServiceImage {
  /**
   * Builds a directory with a Dockerfile, at deployment, for the architecture of the task.
   *
   * @param directory absolute, or relative to the current directory at synth
   */
  public static fromDirectory(directory: string, options: ServiceImageOptions = {}): ecs.ContainerImage {
    return new DirectoryImage(directory, options);
  }
}

class DirectoryImage extends ecs.ContainerImage {
  constructor(private readonly directory: string, private readonly options: ServiceImageOptions) {
    super();
    if (typeof directory !== 'string' || directory === '') {
      throw new InvalidBackendError('ServiceImage.fromDirectory()', 'ServiceImage.noDirectory', '`directory` must be the path of a directory with a Dockerfile. Use `ServiceImage.fromDirectory(path.join(__dirname, \'service\'))`.');
    }
  }

  public bind(scope: Construct, container: ecs.ContainerDefinition): ecs.ContainerImageConfig {
    const { file, target, buildArgs, exclude } = this.options;
    this.requireFiles(container.taskDefinition.node.scope ?? scope, file);
    return ecs.ContainerImage.fromAsset(this.directory, {
      file,
      target,
      buildArgs: buildArgs && sortedByName(buildArgs),
      exclude,
      ignoreMode: IgnoreMode.DOCKER,
      platform: platformOf(container.taskDefinition),
    }).bind(scope, container);
  }

  /** CDK refuses them too, without saying from where a relative path is resolved. */
  private requireFiles(scope: IConstruct, file = 'Dockerfile'): void {
    const path = resolve(this.directory);
    if (!existsSync(path)) {
      throw new InvalidBackendError(scope, 'ServiceImage.directoryNotFound', `The image directory '${this.directory}' doesn't exist (looked at '${path}'). `
        + 'A relative path is resolved from the directory where `cdk` runs. Use `ServiceImage.fromDirectory(path.join(__dirname, \'service\'))`.');
    }
    if (!existsSync(join(path, file))) {
      throw new InvalidBackendError(scope, 'ServiceImage.fileNotFound', `The image directory '${this.directory}' does not contain '${file}' (looked at '${join(path, file)}'). Create the file, or set \`file\` to the path of the Dockerfile in the directory.`);
    }
  }
}

function platformOf(taskDefinition: ecs.TaskDefinition): Platform {
  const { runtimePlatform } = taskDefinition.node.defaultChild as ecs.CfnTaskDefinition;
  const architecture = (runtimePlatform as ecs.CfnTaskDefinition.RuntimePlatformProperty | undefined)?.cpuArchitecture;
  return architecture === 'ARM64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
}
