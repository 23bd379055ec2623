import { isMap, listOf, literalText, type ModelMap, type ModelResource, type ModelValue } from '../../private/model';

/** One statement of a policy document. */
export interface Statement {
  readonly location: string;
  readonly allows: boolean;
  readonly actions: readonly string[];
  /** Whether some of the actions are known only at deployment, or given as what is left out. */
  readonly otherActions: 'none' | 'unknown' | 'all but some';
  readonly resources: readonly ModelValue[];
  readonly excludesResources: boolean;
  readonly conditions: readonly Condition[];
  /** Whether the conditions as a whole are known only at deployment. */
  readonly conditionsUnknown: boolean;
  readonly principal?: ModelValue;
}

/** One test of a condition block: `StringEquals`, `iam:PassedToService`, its values. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly ModelValue[];
}

const IDENTITY_DOCUMENTS: { readonly [type: string]: string } = { 'AWS::IAM::Policy': 'PolicyDocument', 'AWS::IAM::ManagedPolicy': 'PolicyDocument' };
const PRINCIPALS = ['AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group'];

/** Types of resources that say what an identity may do. */
export const IDENTITY_TYPES: readonly string[] = [...Object.keys(IDENTITY_DOCUMENTS), ...PRINCIPALS];

/** Several rules read the same policies. */
const known = new WeakMap<ModelResource, { readonly statements?: readonly Statement[] }>();

/** The statements of the policies of one identity, undefined where it has none. */
export function identityStatements(resource: ModelResource): readonly Statement[] | undefined {
  const found = known.get(resource) ?? { statements: readIdentity(resource) };
  known.set(resource, found);
  return found.statements;
}

function readIdentity(resource: ModelResource): readonly Statement[] | undefined {
  const path = IDENTITY_DOCUMENTS[resource.type];
  if (path !== undefined) {
    return statementsAt(resource.value(path), path);
  }
  const policies = resource.list('Policies');
  return policies.length === 0 ? undefined : policies.flatMap((policy, index) => (
    isMap(policy) ? statementsAt(policy.PolicyDocument, `Policies.${index}.PolicyDocument`) : []
  ));
}

/** The statements of a policy document. */
export function statementsAt(document: ModelValue | undefined, location: string): Statement[] {
  if (!isMap(document)) {
    return [];
  }
  return listOf(document.Statement).flatMap((statement, index) => (isMap(statement) ? [read(statement, `${location}.Statement.${index}`)] : []));
}

function read(statement: ModelMap, location: string): Statement {
  const actions = listOf(statement.Action);
  const names = actions.map(literalText).filter((name): name is string => name !== undefined);
  return {
    location,
    allows: literalText(statement.Effect) === 'Allow',
    actions: names,
    otherActions: statement.NotAction !== undefined ? 'all but some' : names.length < actions.length ? 'unknown' : 'none',
    resources: listOf(statement.Resource),
    excludesResources: statement.NotResource !== undefined,
    conditions: conditionsOf(statement.Condition),
    conditionsUnknown: statement.Condition !== undefined && (!isMap(statement.Condition) || Object.values(statement.Condition).some((tests) => !isMap(tests))),
    principal: statement.Principal,
  };
}

function conditionsOf(block: ModelValue | undefined): Condition[] {
  return Object.entries(isMap(block) ? block : {}).flatMap(([operator, tests]) => (
    Object.entries(isMap(tests) ? tests : {}).map(([key, values]) => ({ operator, key, values: listOf(values) }))
  ));
}

/** Whether an action, which may hold wildcards, includes another. */
export function includesAction(pattern: string, action: string): boolean {
  const [wide, narrow] = [pattern.toLowerCase(), action.toLowerCase()];
  return /[*?]/.test(wide) ? toExpression(wide).test(narrow) : wide === narrow;
}

function toExpression(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
}
