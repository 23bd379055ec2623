import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The one CloudFormation resource that stands for a construct: itself, its default child, or that one's. */
export function mainResourceOf(construct: IConstruct): CfnResource | undefined {
  const child = construct.node.defaultChild;
  return CfnResource.isCfnResource(construct) ? construct : child && mainResourceOf(child);
}

/** All CloudFormation resources of a construct. */
export function resourcesBelow(construct: IConstruct): CfnResource[] {
  return construct.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child));
}
