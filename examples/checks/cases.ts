import { App, type Stack } from 'aws-cdk-lib';
import type { HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import { type PemFile, Posture } from 'cdk-private-backend';
import { PrivateBackendStack } from '../01-private-backend/private-backend-stack';
import { addHelloBirthday } from '../02-hello-birthday/hello-birthday';
import { addRex } from '../03-rex/rex';

/** What the stacks of the examples take. */
export interface ExampleProps {
  readonly hostedZone?: HostedZoneAttributes;
  readonly caCertificates?: PemFile;
  /** Who runs PostgreSQL, where an example has a choice. */
  readonly database?: string;
}

/** An example: its directory, and the stacks that its app makes. */
export interface Example {
  readonly directory: string;
  readonly addTo: (app: App, props: ExampleProps) => Stack[];
}

/** In production with a self-hosted database: two regions, and a repository that deploys to them. */
const HELLO_BIRTHDAY = { account: '111122223333', repository: 'example@1/hello-birthday@2' };
const REX = { imageTag: '4a6ba24', frontend: { repository: 'https://github.com/example/rex-web', tokenSecretName: 'rex/github-token' } };

export const EXAMPLES: readonly Example[] = [
  { directory: '01-private-backend', addTo: (app, props) => [new PrivateBackendStack(app, 'PrivateBackend', props)] },
  { directory: '02-hello-birthday', addTo: (app, props) => addHelloBirthday(app, { ...(props.hostedZone && props.database !== 'managed' && HELLO_BIRTHDAY), ...props }) },
  { directory: '03-rex', addTo: (app, props) => addRex(app, { ...REX, ...props }) },
];

/** Example 02 in production after a recovery, when both regions have everything. */
export const RECOVERED: Example = { directory: '02-hello-birthday', addTo: (app, props) => addHelloBirthday(app, { ...HELLO_BIRTHDAY, ...props, active: 'true' }) };

export const POSTURES = ['development', 'production'] as const;
export type PostureName = typeof POSTURES[number];

const ZONE = { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' };

/** The app of an example, as its `app.ts` makes it. */
export function buildExample(example: Example, posture: PostureName, context: Record<string, unknown> = {}): { readonly app: App; readonly stacks: Stack[] } {
  const app = new App({ context });
  Posture[posture]().applyTo(app);
  return { app, stacks: example.addTo(app, posture === 'production' ? { hostedZone: ZONE } : {}) };
}
