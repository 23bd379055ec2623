import { isMap, isSymbolic, listOf, rendered, type ModelMap, type ModelValue } from '../../../private/model';

/** The first action that an endpoint policy refuses for certain; conditions and principals are given the benefit of the doubt. */
export function policyRefuses(policy: ModelValue | undefined, actions: readonly string[], resource: string | undefined): string | undefined {
  if (!isMap(policy)) {
    return undefined;
  }
  const statements = listOf(policy.Statement).filter(isMap);
  const denied = (action: string) => statements.some((statement) => statement.Effect === 'Deny' && statement.Condition === undefined && isForAll(statement) && names(statement, action));
  const allowed = (action: string) => statements.some((statement) => statement.Effect === 'Allow' && names(statement, action) && covers(statement, resource));
  return actions.find((action) => denied(action) || !allowed(action));
}

/** Whether the statements of a role's policies allow an action on anything. */
export function allows(policy: ModelValue | undefined, action: string): boolean {
  return isMap(policy) && listOf(policy.Statement).filter(isMap).some((statement) => statement.Effect === 'Allow' && names(statement, action));
}

function isForAll({ Resource, Principal }: ModelMap): boolean {
  const everyone = isMap(Principal) ? listOf(Principal.AWS) : listOf(Principal);
  return listOf(Resource).includes('*') && everyone.includes('*');
}

function names({ Action, NotAction }: ModelMap, action: string): boolean {
  if (NotAction !== undefined) {
    return !listOf(NotAction).some((pattern) => matches(String(pattern), action));
  }
  return listOf(Action).some((pattern) => isSymbolic(pattern) || matches(String(pattern), action));
}

function covers({ Resource, NotResource }: ModelMap, resource: string | undefined): boolean {
  if (resource === undefined || NotResource !== undefined) {
    return true;
  }
  const patterns = listOf(Resource);
  return patterns.some((pattern) => {
    const text = rendered(pattern);
    return text === '*' || text.includes(resource) || /^arn:[^:]*:s3:::\*/.test(text) || (isSymbolic(pattern) && !/:s3:::/.test(text) && patterns.length === 1);
  });
}

function matches(pattern: string, action: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 'i').test(action);
}
