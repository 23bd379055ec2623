import type { App, Stack } from 'aws-cdk-lib';
import { Posture } from 'cdk-private-backend';
import { GitHubStack, OPERATIONS_ROLE } from './github-stack';
import { HelloBirthdayStack, type HelloBirthdayStackProps } from './hello-birthday-stack';
import { oneOf } from './one-of';

const SECOND_REGION = 'eu-central-1';

export interface HelloBirthdayProps extends Pick<HelloBirthdayStackProps, 'hostedZone' | 'database' | 'ingress' | 'caCertificates'> {
  /**
   * Account of both regions, and the first of the two. A database of production that this app runs itself has two, and each must know the other.
   *
   * @default - no account; region eu-west-1
   */
  readonly account?: string;
  readonly region?: string;

  /**
   * Whether the second region has taken over: `true` or `false`.
   *
   * @default 'false'
   */
  readonly active?: string | boolean;

  /**
   * Repository on GitHub whose workflows deploy, as GitHub names it to AWS: `owner@1/name@2`, or `owner/name` where it's older than 15 July 2026.
   *
   * @default - none, and no roles for it
   */
  readonly repository?: string;
}

/** The stacks of an app: one; in production with a self-hosted database one more in another region; and the roles of a repository, where one is named. */
export function addHelloBirthday(app: App, props: HelloBirthdayProps): Stack[] {
  const production = Posture.of(app).name === 'production';
  const twoRegions = production && props.database !== 'managed';
  const active = oneOf('active', props.active?.toString(), ['false', 'true']) === 'true';
  if (active && !twoRegions) {
    throw new Error('\'active\' lets the second region take over, and only production with a self-hosted database has one. Remove it, or set \'-c posture=production -c database=self-hosted\'.');
  }
  if (production) {
    requireZone(props);
  }
  const stacks = twoRegions ? addTwoRegions(app, props, active) : [new HelloBirthdayStack(app, 'HelloBirthday', stackProps(props))];
  return props.repository === undefined ? stacks : [...stacks, addGitHub(app, stacks, props.repository)];
}

/** The second region is declared first and deployed first, because the first one replicates into it. It refers to nothing of the first one. */
function addTwoRegions(app: App, props: HelloBirthdayProps, active: boolean): HelloBirthdayStack[] {
  const { account, region = 'eu-west-1' } = props;
  if (account === undefined) {
    throw new Error('Two regions must know each other by their account, and there is none. Set \'-c account=111122223333\' with your own, or use credentials: the CDK\'s CLI finds it there.');
  }
  const recovery = new HelloBirthdayStack(app, 'HelloBirthdayRecovery', {
    ...stackProps(props), env: { account, region: SECOND_REGION }, secondRegion: active ? 'active' : 'prepared',
  });
  const first = new HelloBirthdayStack(app, 'HelloBirthday', { ...stackProps(props), env: { account, region }, replica: recovery.replica });
  return [first, recovery];
}

function stackProps({ hostedZone, database, ingress, caCertificates, repository }: HelloBirthdayProps): HelloBirthdayStackProps {
  return { hostedZone, database, ingress, caCertificates, operationsRole: repository && OPERATIONS_ROLE };
}

/** The repository may deploy what the stacks of the first region and of others are made of. */
function addGitHub(app: App, stacks: Stack[], repository: string): Stack {
  const [{ account, region }] = stacks;
  return new GitHubStack(app, 'HelloBirthdayGitHub', { env: { account, region }, repository, regions: stacks.map((stack) => stack.region) });
}

function requireZone({ hostedZone }: HelloBirthdayProps): void {
  if (!hostedZone?.hostedZoneId || !hostedZone.zoneName) {
    throw new Error('Production serves HTTPS as \'api.<zone>\', and the zone is missing. Set \'-c hostedZoneId=Z0123456789 -c zoneName=your-domain.com\', or both in cdk.json.');
  }
}
