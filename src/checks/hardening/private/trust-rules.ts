import { listed, open, wrong, type Answer, type HardeningRule, type Problem } from './hardening-rule';
import { spelled } from './resource-breadth';
import { includesAction, statementsAt, type Condition, type Statement } from './statements';
import { isMap, listOf, literalText, Reference, rendered, Unknown, type ModelResource, type ModelValue } from '../../private/model';

const GITHUB = 'token.actions.githubusercontent.com';
const SEE_OIDC = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html#idp_oidc_Create_GitHub';

/** Statements of a role that let in whoever has a token of an OpenID Connect provider. */
function webIdentities(role: ModelResource): Statement[] {
  return statementsAt(role.value('AssumeRolePolicyDocument'), 'AssumeRolePolicyDocument')
    .filter(({ allows, actions }) => allows && actions.some((action) => includesAction(action, 'sts:AssumeRoleWithWebIdentity')));
}

function claims({ conditions }: Statement, ...names: string[]): Condition[] {
  return conditions.filter(({ key, operator }) => names.some((name) => key.toLowerCase().endsWith(`:${name}`)) && /^(ForAnyValue:)?String(Equals|EqualsIgnoreCase|Like)$/.test(operator));
}

function judgeWebIdentities(role: ModelResource, judge: (statement: Statement) => readonly Problem[]): Answer {
  const statements = webIdentities(role);
  return statements.length === 0 ? undefined : statements.flatMap((statement) => (
    statement.conditionsUnknown ? open('Its conditions are known at deployment only.', `${statement.location}.Condition`) : judge(statement)
  ));
}

function judgeAudience(statement: Statement): readonly Problem[] {
  const audiences = claims(statement, 'aud');
  const wild = audiences.filter(isWild).flatMap(({ values }) => values).map(rendered);
  return audiences.length === 0
    ? wrong('It accepts tokens that were issued for any audience: the condition on aud is missing.', `${statement.location}.Condition`)
    : wild.length === 0 ? [] : wrong(`It accepts tokens that were issued for any audience like ${listed(wild)}.`, `${statement.location}.Condition`);
}

function isWild({ operator, values }: Condition): boolean {
  return /Like$/.test(operator) && values.some((value) => /[*?]/.test(literalText(value) ?? ''));
}

/** Whether a pattern for a subject names one project. */
function isNarrow(issuer: string, pattern: string): boolean {
  if (issuer.startsWith(GITHUB)) {
    return /^repo:[^*?:/]+\/[^*?:/]+:./.test(pattern);
  }
  const [start] = pattern.split(/[*?]/);
  return start === pattern || start.split(/[:/]/).filter((segment) => segment !== '').length >= 3;
}

/** The subjects that a statement accepts, with whether wildcards count in them. */
function subjectsOf(statement: Statement): { readonly issuer: string; readonly like: boolean; readonly value: ModelValue }[] {
  return claims(statement, 'sub').flatMap(({ key, operator, values }) => values.map((value) => ({ issuer: key.replace(/:sub$/i, ''), like: /Like$/.test(operator), value })));
}

function judgeSubject(statement: Statement): readonly Problem[] {
  const location = `${statement.location}.Condition`;
  const subjects = subjectsOf(statement);
  if (subjects.length === 0) {
    // An identity pool of Cognito tells its users apart by amr.
    return claims(statement, 'amr').length > 0 ? [] : wrong('It accepts every subject of the provider: the condition on sub is missing.', location);
  }
  const isUnknown = (value: ModelValue) => value instanceof Unknown || value instanceof Reference;
  const undecided = subjects.filter(({ value }) => isUnknown(value)).map(({ value }) => rendered(value));
  const broad = subjects.filter(({ issuer, like, value }) => like && !isUnknown(value) && !isNarrow(issuer, spelled(value))).map(({ value }) => rendered(value));
  return [
    ...(broad.length > 0 ? wrong(`It accepts subjects of more than one project: ${listed(broad)}.`, location) : []),
    ...(undecided.length > 0 ? open(`Which subjects it accepts is not decided: ${listed(undecided)}.`, location) : []),
  ];
}

function isForGithub(statement: Statement): boolean {
  return subjectsOf(statement).some(({ issuer }) => issuer.startsWith(GITHUB));
}

/** Subjects that name a GitHub repository, but neither branch nor environment. */
function judgeReference(statement: Statement): readonly Problem[] {
  const wide = subjectsOf(statement).filter(({ issuer, like, value }) => {
    const text = literalText(value) ?? '';
    return issuer.startsWith(GITHUB) && like && isNarrow(issuer, text) && /^repo:[^:]+:\*/.test(text);
  });
  const message = `Any branch, tag and pull request of the repository can assume it: ${listed(wide.map(({ value }) => rendered(value)))}.`;
  return wide.length === 0 ? [] : wrong(message, `${statement.location}.Condition`);
}

/** Where resources say who may use them. */
const RESOURCE_POLICIES: { readonly [type: string]: string } = {
  'AWS::IAM::Role': 'AssumeRolePolicyDocument',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::SecretsManager::ResourcePolicy': 'ResourcePolicy',
  'AWS::ECR::Repository': 'RepositoryPolicyText',
};

function judgePrincipals(resource: ModelResource): Answer {
  const path = RESOURCE_POLICIES[resource.type];
  const statements = statementsAt(resource.value(path), path).filter(({ allows }) => allows);
  if (statements.length === 0) {
    return undefined;
  }
  const toAll = statements.filter((statement) => isEverybody(statement.principal) && !statement.conditions.some(limitsWho));
  return toAll.flatMap(({ actions, conditionsUnknown, location }) => (
    conditionsUnknown ? open('Whom it lets in is known at deployment only.', location) : wrong(`Everybody, in any account, may ${listed(actions)}.`, location)
  ));
}

function isEverybody(principal: ModelValue | undefined): boolean {
  return literalText(principal) === '*' || (isMap(principal) && listOf(principal.AWS).some((value) => literalText(value) === '*'));
}

/** Whether a condition limits who is meant: how the connection is encrypted does not. */
function limitsWho({ key, values }: Condition): boolean {
  return !/^(aws:securetransport|s3:tlsversion|s3:x-amz-acl)$/i.test(key) && values.some((value) => literalText(value) !== '*');
}

export const TRUST_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-oidc-audience',
    title: 'Roles for OpenID Connect accept one audience',
    why: 'A token that was issued for somebody else must not open this role.',
    fix: 'Add StringEquals { \'<issuer>:aud\': \'sts.amazonaws.com\' }.',
    severity: 'error',
    see: SEE_OIDC,
    from: 'development',
    types: ['AWS::IAM::Role'],
    judge: (role) => judgeWebIdentities(role, judgeAudience),
  },
  {
    id: 'hardening-oidc-subject',
    title: 'Roles for OpenID Connect accept one project',
    why: 'The provider issues tokens to all of its customers. Without a subject each of them can assume the role.',
    fix: 'Add StringLike { \'<issuer>:sub\': \'repo:<organization>/<repository>:ref:refs/heads/main\' }, without a wildcard in organization or repository.',
    severity: 'error',
    see: SEE_OIDC,
    from: 'development',
    types: ['AWS::IAM::Role'],
    judge: (role) => judgeWebIdentities(role, judgeSubject),
  },
  {
    id: 'hardening-oidc-reference',
    title: 'Roles for GitHub name a branch or environment',
    why: 'Whoever can push any branch of the repository can otherwise deploy to production.',
    fix: 'End the subject with :ref:refs/heads/<branch> or :environment:<name>.',
    severity: 'warning',
    see: 'https://docs.github.com/en/actions/reference/security/oidc',
    from: 'production',
    types: ['AWS::IAM::Role'],
    judge: (role) => (webIdentities(role).some(isForGithub) ? judgeWebIdentities(role, judgeReference) : undefined),
  },
  {
    id: 'hardening-policy-principal',
    title: 'Policies let in nobody unnamed',
    why: 'A principal of * without a condition is every account of AWS.',
    fix: 'Name the account, role or service, or add a condition such as aws:SourceAccount or aws:PrincipalOrgID.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous',
    from: 'development',
    types: Object.keys(RESOURCE_POLICIES),
    judge: judgePrincipals,
  },
];
