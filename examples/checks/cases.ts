import { App, Stack, type StackProps } from 'aws-cdk-lib';
import type { HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import { Posture } from 'cdk-private-backend';
import { PrivateBackendStack } from '../01-private-backend/private-backend-stack';
import { HelloBirthdayStack } from '../02-hello-birthday/hello-birthday-stack';

/** What the stacks of the examples take. */
export interface ExampleProps extends StackProps {
  readonly hostedZone?: HostedZoneAttributes;
  readonly caBundle?: string;
}

/** An example: its directory, and the stack that its app makes. */
export interface Example {
  readonly directory: string;
  /** Id of the stack. */
  readonly id: string;
  readonly Stack: new (scope: App, id: string, props: ExampleProps) => Stack;
}

export const EXAMPLES: readonly Example[] = [
  { directory: '01-private-backend', id: 'PrivateBackend', Stack: PrivateBackendStack },
  { directory: '02-hello-birthday', id: 'HelloBirthday', Stack: HelloBirthdayStack },
];

export const POSTURES = ['development', 'production'] as const;
export type PostureName = typeof POSTURES[number];

const ZONE = { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' };

/** The app of an example, as its `app.ts` makes it. */
export function buildExample(example: Example, posture: PostureName, context: Record<string, unknown> = {}): { readonly app: App; readonly stack: Stack } {
  const app = new App({ context });
  Posture[posture]().applyTo(app);
  return { app, stack: new example.Stack(app, example.id, posture === 'production' ? { hostedZone: ZONE } : {}) };
}
