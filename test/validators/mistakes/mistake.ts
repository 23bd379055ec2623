import type { Stack } from 'aws-cdk-lib';

/** What may find a mistake before anything is deployed. The last runs in a tier of its own, because it is written in Python. */
export const CATCHERS = ['aws-cdk-lib', 'library', 'validator', 'cdk-nag', 'ReachabilityCheck', 'HardeningCheck', 'CostReport', 'cfn-lint'] as const;

export type Catcher = typeof CATCHERS[number];

/** A mistake that users of the CDK really make, in the smallest app that has it. */
export interface Mistake {
  readonly id: string;
  /** What is wrong, as a sentence without a full stop. */
  readonly title: string;
  /** Who made it, or the rule that knows it. */
  readonly source: string;
  /** The same app with the mistake and without, from the CDK's own constructs. */
  readonly seed: (stack: Stack, wrong: boolean) => void;
  /** The same with constructs of this library, where they have something to say. */
  readonly withLibrary?: (stack: Stack, wrong: boolean) => void;
  /** Rule, or part of the error message, by what must find the mistake. */
  readonly caughtBy: { readonly [catcher in Catcher]?: string };
}
