import { Token } from 'aws-cdk-lib';
import * as amplify from 'aws-cdk-lib/aws-amplify';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IFrontend } from './frontend';
import type { CustomDomain } from '../ingress';
import { type AmplifyDomain, bindAmplifyDomain } from './private/amplify-domain';
import { buildSpecOf } from './private/build-spec';
import { requireCommercialRegion } from './private/regions';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';

/** Properties of a front end on Amplify Hosting. */
export interface AmplifyFrontendProps {
  /** The repository on GitHub, like `https://github.com/owner/name`. */
  readonly repository: string;

  /**
   * Secret with a personal access token of GitHub, the whole of it or a field. A classic token with scope `admin:repo_hook`, of a
   * person who is an administrator of the repository, where the GitHub App of Amplify of this region is installed.
   *
   * @see https://docs.aws.amazon.com/amplify/latest/userguide/setting-up-GitHub-access.html
   */
  readonly accessToken: secretsmanager.ISecret;

  /**
   * JSON field of the secret that the token is in.
   *
   * @default - the whole secret is the token
   */
  readonly accessTokenField?: string;

  /**
   * The branch that is built and hosted, at each push. Another one is another URL.
   *
   * @default 'main'
   */
  readonly branch?: string;

  /**
   * Directory of the front end in the repository, like `apps/web`.
   *
   * @default - the root of the repository
   */
  readonly appRoot?: string;

  /**
   * Commands that install what a build needs.
   *
   * @default ['npm ci']
   */
  readonly installCommands?: string[];

  /**
   * Commands that build.
   *
   * @default ['npm run build']
   */
  readonly buildCommands?: string[];

  /**
   * Directory that a build writes to, below `appRoot`.
   *
   * @default - `dist`, as Vite does
   */
  readonly outputDirectory?: string;

  /**
   * Variables of the build, such as `VITE_API_URL`. What a build puts into a front end anyone can read, so never a secret. A new
   * value comes with the next build.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Whether each pull request to the branch gets a preview with a URL of its own. Without `previewCredentials` anyone who knows
   * it can see it, also where the repository is private.
   *
   * @default false
   */
  readonly pullRequestPreviews?: boolean;

  /**
   * Secret with JSON fields `username` and `password`, of at least seven characters, that previews ask for.
   *
   * @default - previews are open
   */
  readonly previewCredentials?: secretsmanager.ISecret;

  /**
   * The names under which people reach the front end, of one zone. Amplify makes the certificate, unless there is one, which must be in
   * us-east-1. Records are made by Amplify where the zone is in Route 53 of the same account, else by you while the deployment waits.
   *
   * @see https://docs.aws.amazon.com/amplify/latest/userguide/custom-domains.html
   * @default - a name of Amplify
   */
  readonly domain?: CustomDomain;
}

/** Every path without the extension of a file is a page of the app. */
const PAGES = '</^[^.]+$|\\.(?!(css|gif|ico|jpg|jpeg|js|mjs|png|txt|svg|woff|woff2|ttf|map|json|webmanifest|webp|avif|wasm|pdf|xml)$)([^.]+$)/>';

/**
 * A single-page app that Amplify Hosting builds from a GitHub repository and serves from its CDN.
 *
 * ## What it makes
 *
 * An Amplify app with one branch, and a domain association where a domain is given.
 *
 * ## Defaults that matter
 *
 * A build like that of Vite: `npm ci`, `npm run build`, files in `dist`. Each push to `main` is deployed. Paths that are no
 * files are answered with `index.html`, so that the app routes them. A deployment of this stack alone builds nothing.
 *
 * ## Security considerations
 *
 * The token goes from Secrets Manager to Amplify and is in no template; Amplify does not store it. The app has no role, so builds
 * have no rights in the account. Answers forbid framing, sniffing of types, and plain HTTP for a year. Previews are public unless
 * they have credentials. Amplify takes the credentials for branches named `pr-…`, so name no branch of yours like that.
 *
 * ## Cost
 *
 * 0.01 USD for a minute of building, 0.15 for a GB that is served, 0.023 for a GB stored a month.
 *
 * @see https://aws.amazon.com/amplify/pricing/
 *
 * @example
 * import { Stack, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
 * import { AmplifyFrontend, PublicIngress } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const ingress: PublicIngress;
 * new AmplifyFrontend(stack, 'Web', {
 *   repository: 'https://github.com/example/web',
 *   accessToken: secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token'),
 *   environment: { VITE_API_URL: ingress.url },
 * });
 */
export class AmplifyFrontend extends Construct implements IFrontend {
  /** The address that people use. */
  public readonly url: string;

  /** The host name that people use. */
  public readonly domainName: string;

  /** Identifier of the Amplify app. */
  public readonly appId: string;

  /**
   * @throws InvalidBackendError for a repository that is no URL of GitHub, a path that leaves the repository, empty commands,
   * credentials without previews, names of several zones, a certificate outside us-east-1, and in regions of China and GovCloud
   */
  constructor(scope: Construct, id: string, props: AmplifyFrontendProps) {
    super(scope, id);
    requireCommercialRegion(this, 'Amplify Hosting');
    this.validate(props);
    const app = this.createApp(props);
    const branch = this.createBranch(app, props);
    const domain = this.createDomain(app, branch, props);
    this.appId = app.attrAppId;
    this.domainName = domain?.mainName ?? `${hostLabel(props.branch ?? 'main')}.${app.attrDefaultDomain}`;
    this.url = `https://${this.domainName}`;
    referWeakly(app, branch);
    describe(this, app, () => ({ kind: 'amplify-frontend', branch, url: this.url }));
  }

  private createApp(props: AmplifyFrontendProps): amplify.CfnApp {
    return new amplify.CfnApp(this, 'Resource', {
      name: this.node.path.replace(/[^A-Za-z0-9_-]+/g, '-').slice(-255),
      platform: 'WEB',
      repository: props.repository,
      // A dynamic reference: CloudFormation reads the secret when it makes the app.
      accessToken: tokenOf(props).unsafeUnwrap(),
      buildSpec: buildSpecOf(props),
      customRules: [{ source: PAGES, target: '/index.html', status: '200' }],
      customHeaders: SECURITY_HEADERS,
      enableBranchAutoDeletion: true,
      environmentVariables: variablesOf(props),
      autoBranchCreationConfig: this.previewAccess(props),
    });
  }

  /**
   * Previews do not take the password of their branch. They are branches `pr-<number>`, which this makes Amplify protect.
   *
   * @see https://github.com/aws-amplify/amplify-hosting/issues/280
   */
  private previewAccess({ previewCredentials }: AmplifyFrontendProps): amplify.CfnApp.AutoBranchCreationConfigProperty | undefined {
    return previewCredentials === undefined ? undefined : {
      enableAutoBranchCreation: true,
      autoBranchCreationPatterns: ['pr-*'],
      enableAutoBuild: true,
      basicAuthConfig: {
        enableBasicAuth: true,
        username: previewCredentials.secretValueFromJson('username').unsafeUnwrap(),
        password: previewCredentials.secretValueFromJson('password').unsafeUnwrap(),
      },
    };
  }

  private createBranch(app: amplify.CfnApp, props: AmplifyFrontendProps): amplify.CfnBranch {
    return new amplify.CfnBranch(this, 'Branch', {
      appId: app.attrAppId,
      branchName: props.branch ?? 'main',
      stage: 'PRODUCTION',
      enableAutoBuild: true,
      enablePullRequestPreview: props.pullRequestPreviews ?? false,
    });
  }

  private createDomain(app: amplify.CfnApp, branch: amplify.CfnBranch, props: AmplifyFrontendProps): AmplifyDomain | undefined {
    const domain = props.domain && bindAmplifyDomain(this, props.domain);
    if (domain !== undefined) {
      new amplify.CfnDomain(this, 'Domain', {
        appId: app.attrAppId,
        domainName: domain.root,
        subDomainSettings: domain.prefixes.map((prefix) => ({ branchName: branch.attrBranchName, prefix })),
        certificateSettings: domain.certificate && { certificateType: 'CUSTOM', customCertificateArn: domain.certificate.certificateArn },
      });
    }
    return domain;
  }

  private validate(props: AmplifyFrontendProps): void {
    const { repository, appRoot, outputDirectory, branch } = props;
    if (!Token.isUnresolved(repository) && !/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+$/.test(repository)) {
      throw new InvalidBackendError(this, 'AmplifyFrontend.repository', `\`repository\` must have the form 'https://github.com/owner/name', got '${repository}'. For other hosts use \`StaticFrontend\`, or Amplify of aws-cdk-lib.`);
    }
    for (const [name, path] of Object.entries({ appRoot, outputDirectory })) {
      if (path !== undefined && !Token.isUnresolved(path) && (!/^[\w.-]+(\/[\w.-]+)*$/.test(path) || path.split('/').includes('..'))) {
        throw new InvalidBackendError(this, 'AmplifyFrontend.directory', `\`${name}\` must be a path inside the repository of letters, digits, '_', '-', '.' and '/', without '..' and without a slash at its ends, got '${path}'. Use for example 'apps/web'.`);
      }
    }
    for (const name of ['installCommands', 'buildCommands'] as const) {
      if (props[name]?.length === 0) {
        throw new InvalidBackendError(this, 'AmplifyFrontend.noCommands', `\`${name}\` is empty. Remove \`${name}\` to use npm, or list at least one command.`);
      }
    }
    if (branch !== undefined && !Token.isUnresolved(branch) && branch.startsWith('pr-')) {
      throw new InvalidBackendError(this, 'AmplifyFrontend.branch', `\`branch\` must not start with 'pr-', got '${branch}'. Amplify uses this prefix for previews. Use a branch with another name.`);
    }
    if (props.previewCredentials !== undefined && props.pullRequestPreviews !== true) {
      throw new InvalidBackendError(this, 'AmplifyFrontend.previewCredentials', '`previewCredentials` protects only previews, never the branch itself, and previews are off. Set `pullRequestPreviews: true`, or remove `previewCredentials`.');
    }
  }
}

const SECURITY_HEADERS = [
  'customHeaders:',
  "  - pattern: '**'",
  '    headers:',
  ...[
    ['Strict-Transport-Security', 'max-age=31536000'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ].flatMap(([key, value]) => [`      - key: '${key}'`, `        value: '${value}'`]),
].join('\n');

function tokenOf({ accessToken, accessTokenField }: AmplifyFrontendProps) {
  return accessTokenField === undefined ? accessToken.secretValue : accessToken.secretValueFromJson(accessTokenField);
}

function variablesOf({ environment = {}, appRoot }: AmplifyFrontendProps): amplify.CfnApp.EnvironmentVariableProperty[] {
  const all = { ...environment, ...(appRoot === undefined ? {} : { AMPLIFY_MONOREPO_APP_ROOT: appRoot }) };
  return Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value }));
}

/** Amplify makes a host label of a branch by replacing what a label cannot hold. */
function hostLabel(branch: string): string {
  return Token.isUnresolved(branch) ? branch : branch.toLowerCase().replace(/[^a-z0-9-]/g, '-');
}
