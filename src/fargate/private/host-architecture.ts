import { Annotations } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';

/** Warns of an image that is built for the machine that builds it, and not for the task. */
export function warnOfHostArchitecture(scope: IConstruct, construct: string, image: ecs.ContainerImage): void {
  const options = (image as unknown as { props?: ecs.AssetImageProps }).props;
  if (image instanceof ecs.AssetImage && options?.platform === undefined) {
    Annotations.of(scope).addWarningV2(
      `cdk-private-backend:${construct}.hostArchitecture`,
      'ContainerImage.fromAsset builds for the machine that runs the build, and the task ends with "exec format error" where its architecture is another. '
      + 'Use ServiceImage.fromDirectory(), which builds for the task, or give fromAsset a platform.',
    );
  }
}
