import { Annotations } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';

/** What users give a container. */
export interface AdvisedContainer {
  readonly image: ecs.ContainerImage;
  readonly user?: string;
}

/** Warns about a container that works on some machines only, or has more rights than it needs. */
export function adviseOnContainer(scope: IConstruct, construct: string, { image, user }: AdvisedContainer): void {
  const warn = (reason: string, message: string) => Annotations.of(scope).addWarningV2(`cdk-private-backend:${construct}.${reason}`, message);
  if (user !== undefined && /^(root|0)(:|$)/.test(user)) {
    warn('rootUser', `The container runs as '${user}'. Leave 'user' out, or use the id of an unprivileged user.`);
  }
  if (buildsForHost(image)) {
    warn('hostArchitecture', 'ContainerImage.fromAsset builds for the machine that runs the build, and the task ends with "exec format error" where its architecture is another. '
      + 'Use ServiceImage.fromDirectory(), which builds for the task, or give fromAsset a platform.');
  }
}

function buildsForHost(image: ecs.ContainerImage): boolean {
  const options = (image as unknown as { props?: ecs.AssetImageProps }).props;
  return image instanceof ecs.AssetImage && options?.platform === undefined;
}
