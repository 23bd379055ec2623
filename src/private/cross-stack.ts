import { CrossStackReferences, ReferenceStrength } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Lets other stacks refer to these resources by `Fn::GetStackOutput` instead of an export, so that a consumer can be
 * removed from the app without a two-step deployment (docs/adr/0003).
 */
export function referWeakly(...resources: IConstruct[]): void {
  for (const resource of resources) {
    CrossStackReferences.of(resource).produce(ReferenceStrength.WEAK);
  }
}
