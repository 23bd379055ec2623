import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { warn } from '../../private/errors';

/** What users give a container. */
export interface AdvisedContainer {
  readonly image: ecs.ContainerImage;
  readonly user?: string;
}

/**
 * Warns about a container that works on some machines only, or has more rights than it needs.
 *
 * @param owner whose container it is: a class, or a sidecar with its id
 */
export function adviseOnContainer(scope: IConstruct, owner: string, { image, user }: AdvisedContainer): void {
  if (user !== undefined && /^(root|0)(:|$)/.test(user)) {
    warn(scope, 'Service.rootUser', `The container of ${owner} runs as '${user}', which can do more than a container needs. Remove \`user\`, or use another user, for example \`user: '1000:1000'\`.`);
  }
  if (buildsForHost(image)) {
    warn(scope, 'Service.hostArchitecture', `\`ContainerImage.fromAsset\` builds the image of ${owner} for the processor of the machine that runs the build. `
      + 'If the task has another processor, the container ends with "exec format error". Use `ServiceImage.fromDirectory(\'service\')`, which builds for the task, or set `platform` in `ContainerImage.fromAsset`.');
  }
}

function buildsForHost(image: ecs.ContainerImage): boolean {
  const options = (image as unknown as { props?: ecs.AssetImageProps }).props;
  return image instanceof ecs.AssetImage && options?.platform === undefined;
}
