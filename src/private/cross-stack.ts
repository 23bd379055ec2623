import { CrossStackReferences, ReferenceStrength, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Lets other stacks refer to these resources by `Fn::GetStackOutput` instead of an export, so that a consumer can be
 * removed from the app without a two-step deployment (docs/adr/0003).
 */
export function referWeakly(...resources: IConstruct[]): void {
  for (const resource of resources) {
    CrossStackReferences.of(resource).produce(ReferenceStrength.WEAK);
    referWeaklyThroughParents(Stack.of(resource));
  }
}

/** What is in a nested stack is referred to as an output of that stack, a resource of its parent. */
function referWeaklyThroughParents(stack: Stack): void {
  if (stack.nestedStackResource !== undefined && stack.nestedStackParent !== undefined) {
    CrossStackReferences.of(stack.nestedStackResource).produce(ReferenceStrength.WEAK);
    referWeaklyThroughParents(stack.nestedStackParent);
  }
}
