import { CfnOutput, DefaultStackSynthesizer, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { OidcProviderNative, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

const ISSUER = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';
const REPOSITORY = /^[\w.-]+(@\d+)?\/[\w.-]+(@\d+)?$/;

/** The stacks of both regions know this role by its name, so that none of them needs another one. */
export const OPERATIONS_ROLE = 'HelloBirthdayOperations';

/** Roles of the CDK's bootstrap stack that a deployment assumes, by their names. */
const BOOTSTRAP_ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup'];

export interface GitHubStackProps extends StackProps {
  /** The repository as it stands in the subject of GitHub's tokens, `owner@1/name@2` or `owner/name`. */
  readonly repository: string;

  /** Regions that it deploys to. */
  readonly regions: string[];
}

/** Roles that the workflows of one repository take with the tokens that GitHub signs for their jobs. Nobody holds a key. */
export class GitHubStack extends Stack {
  private readonly provider: OidcProviderNative;

  constructor(scope: Construct, id: string, private readonly props: GitHubStackProps) {
    super(scope, id, props);
    this.requireRepository();
    // An account has one provider of this address: where yours is there already, `OidcProviderNative.fromOidcProviderArn()` takes its place.
    this.provider = new OidcProviderNative(this, 'Provider', { url: `https://${ISSUER}`, clientIds: [AUDIENCE] });
    this.createDeployRole();
    this.createOperationsRole();
  }

  /** Jobs of the environment `production`, which names the branches and people that may deploy. What it may do in the account is for the bootstrap roles to say. */
  private createDeployRole(): void {
    const role = this.createRole('Deploy', 'environment:production', 'Deploys hello-birthday from GitHub');
    role.addToPolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: this.bootstrapRoles() }));
  }

  /** Scheduled jobs of the default branch. A stack with a cluster lets it start restore drills. */
  private createOperationsRole(): void {
    const role = this.createRole('Operations', 'ref:refs/heads/main', 'Looks after the backups of hello-birthday from GitHub', OPERATIONS_ROLE);
    // Metrics have no ARN.
    role.addToPolicy(new PolicyStatement({
      actions: ['cloudwatch:GetMetricStatistics'], resources: ['*'], conditions: { StringEquals: { 'aws:RequestedRegion': this.regions } },
    }));
  }

  /** The session lasts for a rolling change of three nodes, and for a drill. */
  private createRole(name: string, subject: string, description: string, roleName?: string): Role {
    const role = new Role(this, name, {
      roleName,
      description,
      assumedBy: new WebIdentityPrincipal(this.provider.oidcProviderArn, {
        StringEquals: { [`${ISSUER}:aud`]: AUDIENCE, [`${ISSUER}:sub`]: `repo:${this.props.repository}:${subject}` },
      }),
      maxSessionDuration: Duration.hours(4),
    });
    new CfnOutput(this, `${name}Role`, { value: role.roleArn });
    return role;
  }

  private get regions(): string[] {
    return [...new Set(this.props.regions)];
  }

  private bootstrapRoles(): string[] {
    const name = (kind: string, region: string) => `cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-${kind}-role-${this.account}-${region}`;
    return this.regions.flatMap((region) => BOOTSTRAP_ROLES.map((kind) => this.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: name(kind, region) })));
  }

  private requireRepository(): void {
    const { repository } = this.props;
    if (!REPOSITORY.test(repository)) {
      throw new Error(`'repository' is '<owner>@<id>/<name>@<id>' as in the tokens of GitHub, or '<owner>/<name>' where the repository is older than 15 July 2026, got '${repository}'.`);
    }
  }
}
