import { HOLDS, listed, open, wrong, type Answer, type HardeningRule, type Problem } from './hardening-rule';
import { breadthOf, spelled } from './resource-breadth';
import { canBeScoped, isWholeService } from './scoped-actions';
import { identityStatements, IDENTITY_TYPES, includesAction, type Condition, type Statement } from './statements';
import { isSymbolic, literalText, rendered, type ModelResource } from '../../private/model';

const SEE_LEAST_PRIVILEGE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege';

/** Judges each statement that allows something; undefined where no statement is of interest. */
function judgeStatements(resource: ModelResource, judge: (statement: Statement, all: readonly Statement[]) => Answer): Answer {
  const statements = identityStatements(resource);
  const answers = statements?.filter(({ allows }) => allows).map((statement) => judge(statement, statements)).filter((answer) => answer !== undefined);
  return answers === undefined || answers.length === 0 ? undefined : answers.flat();
}

function judgeActions({ actions, otherActions, location }: Statement): readonly Problem[] {
  if (otherActions === 'all but some') {
    return wrong('It allows every action but those in NotAction, and so each action that AWS adds.', location);
  }
  const whole = actions.filter(isWholeService);
  return [
    ...(whole.length > 0 ? wrong(`It allows ${listed(whole)}: everything that the service can do, now and later.`, location) : []),
    ...(otherActions === 'unknown' ? open('Some of its actions are known at deployment only.', location) : []),
  ];
}

/** Whether a condition limits which resources are meant; a condition on who asks, or from where, does not. */
function limitsResources({ operator, key, values }: Condition): boolean {
  const name = key.toLowerCase();
  const about = name.startsWith('aws:') ? /^aws:(resourcetag|requesttag)\//.test(name) : name.includes(':') && name !== 'iam:passedtoservice';
  return about && !/IfExists$/.test(operator) && values.some((value) => literalText(value) !== '*');
}

/**
 * Lambda makes network interfaces with the role of a function, before the function has any. AWS asks for `*` and for a second statement
 * that denies the same to the function's own code.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function deniedToCode(action: string, statements: readonly Statement[]): boolean {
  return statements.some(({ allows, actions, conditions }) => (
    !allows && actions.some((pattern) => includesAction(pattern, action)) && conditions.some(({ key }) => key.toLowerCase() === 'lambda:sourcefunctionarn')
  ));
}

function judgeResources(statement: Statement, all: readonly Statement[]): Answer {
  const { actions, resources, excludesResources, conditions, conditionsUnknown, location } = statement;
  // Roles that are passed and Kafka have rules of their own.
  const relevant = actions.filter((action) => !isWholeService(action) && !/^(iam:PassRole|kafka-cluster:)/i.test(action));
  if (relevant.length === 0 || conditions.some(limitsResources)) {
    return relevant.length === 0 ? undefined : HOLDS;
  }
  const broad = excludesResources ? ['everything but those in NotResource'] : resources.filter((each) => breadthOf(each) === 'everything').map(rendered);
  const undecided = resources.filter((each) => breadthOf(each) === 'open');
  if (broad.length === 0) {
    const scoped = relevant.some((action) => canBeScoped(action) !== false);
    return undecided.length > 0 && scoped ? open(`Which resource it allows ${listed(relevant)} on is not decided: ${listed(undecided.map(rendered))}.`, location) : HOLDS;
  }
  const excessive = relevant.filter((action) => canBeScoped(action) === true && !deniedToCode(action, all));
  const unknown = relevant.filter((action) => canBeScoped(action) === undefined);
  if (excessive.length > 0) {
    const message = `It allows ${listed(excessive)} on ${listed(broad)}, though these can be limited to resources.`;
    return conditionsUnknown ? open(`${message} Its conditions are known at deployment only.`, location) : wrong(message, location);
  }
  return unknown.length > 0 ? open(`It allows ${listed(unknown)} on ${listed(broad)}; whether these can be limited to resources is not in this check's table.`, location) : HOLDS;
}

function judgePassRole({ actions, resources, excludesResources, conditions, conditionsUnknown, location }: Statement): Answer {
  if (!actions.some((action) => !isWholeService(action) && includesAction(action, 'iam:PassRole'))) {
    return undefined;
  }
  const broad = excludesResources || resources.some((each) => breadthOf(each) === 'everything');
  const services = conditions.filter(({ operator, key }) => key.toLowerCase() === 'iam:passedtoservice' && /^(ForAnyValue:)?String(Equals|Like)/.test(operator));
  const named = services.flatMap(({ values }) => values);
  const wild = named.filter((value) => /^\*/.test(literalText(value) ?? ''));
  return [
    ...(broad ? wrong('It may pass any role of the account, and so gain what any of them may do.', location) : []),
    ...(named.length > 0 ? [] : conditionsUnknown
      ? open('The service that it may pass roles to is known at deployment only.', location)
      : wrong(`It may pass ${broad ? 'roles' : listed(resources.map(rendered))} to any service: the condition iam:PassedToService is missing.`, location)),
    ...(wild.length > 0 ? wrong(`It may pass roles to ${listed(wild.map(rendered))}: iam:PassedToService names no service.`, location) : []),
  ];
}

/** Whether a Kafka ARN names its cluster, and its topic or group. */
function judgeKafkaArn(arn: string): string | undefined {
  const [, , service, , , ...rest] = arn.split(':');
  const [kind, ...segments] = rest.join(':').split('/');
  if (arn === '*' || service !== 'kafka' || segments.length === 0 || /^\*/.test(segments[0])) {
    return 'names no cluster';
  }
  return kind !== 'cluster' && segments[segments.length - 1] === '*' ? `names every ${kind} of the cluster` : undefined;
}

function judgeKafka({ actions, resources, excludesResources, location }: Statement): Answer {
  const kafka = actions.filter((action) => /^kafka-cluster:/i.test(action));
  if (kafka.length === 0) {
    return undefined;
  }
  const broad = excludesResources ? ['NotResource names no cluster'] : resources.filter((each) => !isSymbolic(each) || breadthOf(each) !== 'open').flatMap((each) => {
    const found = breadthOf(each) === 'something' && !spelled(each).startsWith('arn:') ? undefined : judgeKafkaArn(spelled(each));
    return found === undefined ? [] : [`${rendered(each)} ${found}`];
  });
  const undecided = resources.filter((each) => breadthOf(each) === 'open');
  return [
    ...(broad.length > 0 ? wrong(`It allows ${listed(kafka)} on more than one cluster, topic and group: ${listed(broad)}.`, location) : []),
    ...(undecided.length > 0 ? open(`Which cluster, topic or group it allows ${listed(kafka)} on is not decided: ${listed(undecided.map(rendered))}.`, location) : []),
  ];
}

const BROAD_POLICIES = /:policy\/(?:.*\/)?(AdministratorAccess|PowerUserAccess|IAMFullAccess|\w*FullAccess)$/;

export const IAM_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-iam-action',
    title: 'Policies name their actions',
    why: 'A wildcard allows what nobody thought of, and each action that AWS adds later.',
    fix: 'List the actions that are used, or use a grant method such as bucket.grantRead(role).',
    severity: 'error',
    see: SEE_LEAST_PRIVILEGE,
    from: 'development',
    types: IDENTITY_TYPES,
    judge: (resource) => judgeStatements(resource, judgeActions),
  },
  {
    id: 'hardening-iam-resource',
    title: 'Policies name their resources',
    why: 'Whoever takes over one task must not reach the data of every other.',
    fix: 'Name the ARNs, use a grant method, or add a condition on the resource, such as ecs:cluster or aws:ResourceTag.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html',
    from: 'development',
    types: IDENTITY_TYPES,
    judge: (resource) => judgeStatements(resource, judgeResources),
  },
  {
    id: 'hardening-iam-managed-policy',
    title: 'Roles have no policy that allows everything',
    why: 'AWS\'s own policies named FullAccess or Administrator are made for people, and allow far more than any task needs.',
    fix: 'Write a policy with the actions and resources that are used.',
    severity: 'error',
    see: SEE_LEAST_PRIVILEGE,
    from: 'development',
    types: ['AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group'],
    judge: (resource) => {
      const policies = resource.list('ManagedPolicyArns').map(rendered);
      const broad = policies.map((policy) => BROAD_POLICIES.exec(policy)?.[1]).filter((name): name is string => name !== undefined);
      return policies.length === 0 ? undefined : broad.length === 0 ? HOLDS : wrong(`It has the managed policy ${listed(broad)}.`, 'ManagedPolicyArns');
    },
  },
  {
    id: 'hardening-iam-pass-role',
    title: 'Roles are passed to one service only',
    why: 'Who can pass a role to any service can start something that acts as it.',
    fix: 'Name the roles, and add the condition StringEquals { \'iam:PassedToService\': \'ecs-tasks.amazonaws.com\' }.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html',
    from: 'development',
    types: IDENTITY_TYPES,
    judge: (resource) => judgeStatements(resource, judgePassRole),
  },
  {
    id: 'hardening-iam-kafka-scope',
    title: 'Kafka permissions name cluster, topic and group',
    why: 'Reading every topic, or joining every group, is reading every other service\'s messages.',
    fix: 'Name them: arn:…:cluster/<name>/<id>, arn:…:topic/<name>/<id>/<topic>, arn:…:group/<name>/<id>/<group>. A prefix such as orders-* is narrow enough.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/msk/latest/developerguide/security-iam-accesscontrol.html',
    from: 'development',
    types: IDENTITY_TYPES,
    judge: (resource) => judgeStatements(resource, judgeKafka),
  },
];
