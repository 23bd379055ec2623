import { Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The path of a construct below its stage: the same in every stage of an app. */
export function pathInStage(construct: IConstruct): string {
  const stage = Stage.of(construct)?.node.path ?? '';
  return stage === '' ? construct.node.path : construct.node.path.slice(stage.length + 1);
}

/** The path of what the user wrote: the main child of a construct stands for the construct. */
export function pathOf({ node }: IConstruct): string {
  return node.path.replace(/(?:\/(?:Resource|Default))+$/, '');
}
