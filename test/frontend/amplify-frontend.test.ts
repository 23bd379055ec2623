import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AmplifyFrontend, type AmplifyFrontendProps, type IFrontend } from '../../src/frontend';
import { CustomDomain, PublicIngress } from '../../src/ingress';
import { createVpc, developmentApp, exportsOf, productionApp } from '../fargate/fixture';
import { allFlags } from '../support/feature-flags';
import { getStackOutputs } from '../support/templates';

const REPOSITORY = 'https://github.com/example/web';
const APP = 'AWS::Amplify::App';

function createFrontend(props: Partial<AmplifyFrontendProps> = {}, app: App = developmentApp()): { stack: Stack; frontend: AmplifyFrontend } {
  const stack = new Stack(app, 'Web');
  const accessToken = secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token');
  return { stack, frontend: new AmplifyFrontend(stack, 'Frontend', { repository: REPOSITORY, accessToken, ...props }) };
}

function inZone(domainNames?: string[]): CustomDomain {
  return CustomDomain.fromHostedZone(HostedZone.fromHostedZoneAttributes(new Stack(new App(), 'Zones'), 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }), { domainNames });
}

function propertiesOf(stack: Stack, type = APP): Record<string, unknown> {
  return Object.values(Template.fromStack(stack).findResources(type) as Record<string, { Properties: Record<string, unknown> }>)[0].Properties;
}

/** The regular expression that a rule of Amplify holds. */
function pages(stack: Stack): RegExp {
  const [{ Source }] = propertiesOf(stack).CustomRules as { Source: string }[];
  return new RegExp(Source.slice('</'.length, -'/>'.length));
}

test('a front end is an app with one branch that is built and deployed at each push', () => {
  // WHEN
  const { stack } = createFrontend();

  // THEN
  const template = Template.fromStack(stack);
  template.hasResourceProperties(APP, { Name: 'Web-Frontend', Platform: 'WEB', Repository: REPOSITORY, IAMServiceRole: Match.absent(), OauthToken: Match.absent(), AutoBranchCreationConfig: Match.absent() });
  template.hasResourceProperties('AWS::Amplify::Branch', { BranchName: 'main', EnableAutoBuild: true, EnablePullRequestPreview: false, Stage: 'PRODUCTION' });
  template.resourceCountIs('AWS::Amplify::Domain', 0);
});

test('the token of GitHub goes from the secret to Amplify, and is in no template', () => {
  const [whole, field] = [undefined, 'token'].map((accessTokenField) => {
    const { stack } = createFrontend({ accessTokenField });
    return JSON.stringify(propertiesOf(stack).AccessToken);
  });
  expect(whole).toMatch(/\{\{resolve:secretsmanager:.*github-token:SecretString:::\}\}/);
  expect(field).toMatch(/\{\{resolve:secretsmanager:.*github-token:SecretString:token::\}\}/);
});

describe('the build', () => {
  test('is that of Vite', () => {
    const { stack } = createFrontend();
    expect(propertiesOf(stack).BuildSpec).toBe([
      'version: 1', 'frontend:',
      '  phases:', '    preBuild:', '      commands:', '        - npm ci', '    build:', '      commands:', '        - npm run build',
      '  artifacts:', '    baseDirectory: dist', '    files:', '      - "**/*"',
      '  cache:', '    paths:', '      - node_modules/**/*', '',
    ].join('\n'));
  });

  test('is another one in a part of the repository', () => {
    const { stack } = createFrontend({ appRoot: 'apps/web', installCommands: ['corepack enable', 'pnpm install'], buildCommands: ['pnpm build'], outputDirectory: 'out/web' });
    const text = propertiesOf(stack).BuildSpec as string;
    expect(text).toContain('applications:\n  - appRoot: apps/web\n    frontend:\n');
    expect(text).toContain('baseDirectory: out/web');
    expect(text).toMatch(/- corepack enable\n\s+- pnpm install\n/);
    expect(propertiesOf(stack).EnvironmentVariables).toEqual([{ Name: 'AMPLIFY_MONOREPO_APP_ROOT', Value: 'apps/web' }]);
  });

  test('knows the URL of an ingress in another stack, in the order of names', () => {
    // GIVEN
    const app = developmentApp();
    const ingresses = new Stack(app, 'Ingresses');
    const ingress = new PublicIngress(ingresses, 'Ingress', { vpc: createVpc(ingresses) });

    // WHEN
    const { stack } = createFrontend({ environment: { VITE_B: 'b', VITE_API_URL: ingress.url } }, app);

    // THEN
    expect(propertiesOf(stack).EnvironmentVariables).toEqual([
      { Name: 'VITE_API_URL', Value: { 'Fn::Join': ['', ['http://', { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Ingresses' }) as unknown }]] } },
      { Name: 'VITE_B', Value: 'b' },
    ]);
    expect(exportsOf(ingresses)).toEqual([]);
  });
});

describe('the app routes', () => {
  test.each(['/', '/orders', '/orders/42/', '/users/jane.doe', '/v1.2/notes'])('%s', (path) => {
    const { stack } = createFrontend();
    expect(pages(stack).test(path)).toBe(true);
    expect(propertiesOf(stack).CustomRules).toEqual([expect.objectContaining({ Target: '/index.html', Status: '200' })]);
  });

  test.each(['/index.css', '/assets/index-3f9d.js', '/logo.svg', '/fonts/a.woff2', '/site.webmanifest', '/robots.txt'])('not the file %s', (path) => {
    expect(pages(createFrontend().stack).test(path)).toBe(false);
  });
});

test('answers have headers that browsers obey', () => {
  const headers = propertiesOf(createFrontend().stack).CustomHeaders as string;
  expect(headers).toMatch(/^customHeaders:\n {2}- pattern: '\*\*'\n {4}headers:\n {6}- key: '/);
  expect([...headers.matchAll(/key: '(.*)'\n +value: '(.*)'/g)].map(([, key, value]) => [key, value])).toEqual([
    ['Strict-Transport-Security', 'max-age=31536000'], ['X-Content-Type-Options', 'nosniff'], ['X-Frame-Options', 'DENY'], ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ]);
});

describe('previews', () => {
  test('of pull requests are made where they are asked for', () => {
    const { stack } = createFrontend({ pullRequestPreviews: true, branch: 'develop' });
    Template.fromStack(stack).hasResourceProperties('AWS::Amplify::Branch', { BranchName: 'develop', EnablePullRequestPreview: true });
    Template.fromStack(stack).hasResourceProperties(APP, { AutoBranchCreationConfig: Match.absent() });
  });

  test('ask for a password, which the branch does not', () => {
    // GIVEN
    const app = developmentApp();
    const previewCredentials = new secretsmanager.Secret(new Stack(app, 'Secrets'), 'Preview');

    // WHEN
    const { stack } = createFrontend({ pullRequestPreviews: true, previewCredentials }, app);

    // THEN
    const config = propertiesOf(stack).AutoBranchCreationConfig as { AutoBranchCreationPatterns: string[]; BasicAuthConfig: Record<string, unknown> };
    expect(config).toEqual(expect.objectContaining({ EnableAutoBranchCreation: true, EnableAutoBuild: true, AutoBranchCreationPatterns: ['pr-*'] }));
    expect(config.BasicAuthConfig.EnableBasicAuth).toBe(true);
    expect(JSON.stringify(config.BasicAuthConfig.Username)).toContain(':SecretString:username::}}');
    expect(JSON.stringify(config.BasicAuthConfig.Password)).toContain(':SecretString:password::}}');
    Template.fromStack(stack).hasResourceProperties(APP, { BasicAuthConfig: Match.absent() });
    Template.fromStack(stack).hasResourceProperties('AWS::Amplify::Branch', { BasicAuthConfig: Match.absent() });
  });
});

describe('the address', () => {
  test.each([[undefined, 'main.'], ['release/1.0', 'release-1-0.']])('of branch %s is a name of Amplify', (branch, prefix) => {
    const { stack, frontend } = createFrontend({ branch });
    expect(stack.resolve(frontend.url)).toEqual({ 'Fn::Join': ['', [`https://${prefix}`, { 'Fn::GetAtt': ['Frontend23D93C55', 'DefaultDomain'] }]] });
  });

  test('is one\'s own where a domain is given', () => {
    const { stack, frontend } = createFrontend({ domain: inZone(['app.example.com']) });
    expect([frontend.url, frontend.domainName]).toEqual(['https://app.example.com', 'app.example.com']);
    Template.fromStack(stack).hasResourceProperties('AWS::Amplify::Domain', {
      DomainName: 'app.example.com', CertificateSettings: Match.absent(), SubDomainSettings: [{ Prefix: '', BranchName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FrontendBranch'), 'BranchName'] } }],
    });
  });

  test('is known to other stacks', () => {
    const app = developmentApp();
    const { stack, frontend } = createFrontend({}, app);
    const other = new Stack(app, 'Other');
    const known: IFrontend = frontend;
    new Role(other, 'Role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'), description: known.url });
    expect(getStackOutputs(Template.fromStack(other).toJSON()).map(({ stackName }) => stackName)).toEqual(['Web']);
    expect(exportsOf(stack)).toEqual([]);
  });
});

test('values may be known only at deployment', () => {
  const stack = new Stack(developmentApp(), 'Web');
  const text = (id: string) => new CfnParameter(stack, id).valueAsString;
  const accessToken = secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token');
  new AmplifyFrontend(stack, 'Frontend', {
    repository: text('Repository'), accessToken, branch: text('Branch'), domain: inZone([text('Domain')]), outputDirectory: text('Output'), buildCommands: [text('Build')], environment: { A: text('A') },
  });
  Template.fromStack(stack).hasResourceProperties(APP, {
    Repository: { Ref: 'Repository' }, BuildSpec: { 'Fn::Join': ['', Match.arrayWith([{ Ref: 'Build' }, { Ref: 'Output' }])] }, EnvironmentVariables: [{ Name: 'A', Value: { Ref: 'A' } }],
  });
});

describe('misuse', () => {
  const previewCredentials = secretsmanager.Secret.fromSecretNameV2(new Stack(new App(), 'Other'), 'Preview', 'preview');

  test.each<[string, Partial<AmplifyFrontendProps>, string]>([
    ['a repository by its name', { repository: 'example/web' }, '`repository` must have the form \'https://github.com/owner/name\', got \'example/web\'.'],
    ['a repository elsewhere', { repository: 'https://gitlab.com/example/web' }, 'For other hosts use `StaticFrontend`'],
    ['a root outside the repository', { appRoot: '../web' }, '`appRoot` must be a path inside the repository'],
    ['an absolute output', { outputDirectory: '/dist' }, '`outputDirectory` must be a path inside the repository'],
    ['no commands', { buildCommands: [] }, '`buildCommands` is empty.'],
    ['no commands to install', { installCommands: [] }, '`installCommands` is empty.'],
    ['a branch named like a preview', { branch: 'pr-1' }, '`branch` must not start with \'pr-\', got \'pr-1\'.'],
    ['credentials without previews', { previewCredentials }, '`previewCredentials` protects only previews, never the branch itself, and previews are off. Set `pullRequestPreviews: true`'],
  ])('fails on %s', (_what, props, message) => {
    expect(() => createFrontend(props)).toThrow(message);
    expect(() => createFrontend(props)).toThrow('Web/Frontend');
  });
});

test.each(['cn-north-1', 'us-gov-west-1'])('fails in %s, where CloudFormation does not have it', (region) => {
  const stack = new Stack(developmentApp(), 'Web', { env: { region } });
  const accessToken = secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token');
  expect(() => new AmplifyFrontend(stack, 'Frontend', { repository: REPOSITORY, accessToken })).toThrow(`Amplify Hosting is not available in ${region}.`);
});

test('two live in one stack, and flags change nothing', () => {
  const [unset, recommended] = [{}, allFlags()].map((context) => {
    const stack = new Stack(productionApp({ context }), 'Web');
    const accessToken = secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'github-token');
    ['Shop', 'Admin'].forEach((id) => new AmplifyFrontend(stack, id, { repository: REPOSITORY, accessToken }));
    return Template.fromStack(stack).toJSON();
  });
  expect(recommended).toEqual(unset);
  expect(Object.keys((unset as { Resources: object }).Resources)).toHaveLength(4);
});

test('the offline validator accepts it with every option', () => {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'true';
  try {
    const app = productionApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
    const previewCredentials = new secretsmanager.Secret(new Stack(app, 'Secrets'), 'Preview');
    createFrontend({ appRoot: 'apps/web', environment: { A: 'a' }, pullRequestPreviews: true, previewCredentials, domain: inZone(['app.example.com', 'www.example.com']) }, app);
    expect(app.synth().stacks).toHaveLength(2);
  } finally {
    process.env.CDK_VALIDATION = before;
  }
});
