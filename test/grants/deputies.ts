import type { App } from 'aws-cdk-lib';
import { resourcesOf } from '../support/living-stack';

/** A statement of a role's trust or of a resource's policy that lets a service of AWS in. */
export interface ServiceStatement {
  readonly service: string;
  readonly type: string;
  /** Keys that its conditions want to have a value. */
  readonly keys: readonly string[];
  readonly where: string;
}

interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Keys that say for whom a service acts. */
const ON_BEHALF = /^aws:(SourceAccount|SourceArn|SourceOrgI[Dd]|SourceOrgPaths|PrincipalOrgI[Dd]|PrincipalOrgPaths)$/i;

/** Operators that only hold for a key that has the value; `Null`, `…IfExists` and negations hold for other requests too. */
const BINDS = /^(String|Arn)(Equals|Like)$/;

/** Every statement of an app that allows a service of AWS something. */
export function serviceStatements(app: App): ServiceStatement[] {
  return Object.entries(resourcesOf(app)).flatMap(([where, { Type: type, Properties: properties = {} }]) => [
    ...statementsIn(properties).flatMap(({ Principal, Condition = {} }) => servicesIn(Principal).map((service) => ({
      service, type, where, keys: Object.entries(Condition).flatMap(([operator, block]) => BINDS.test(operator) ? Object.keys(block) : []),
    }))),
    ...(type === 'AWS::Lambda::Permission' ? permissionOf(where, properties) : []),
  ]);
}

/** Whether a statement says for whom the service may act. */
export function isBound({ keys }: ServiceStatement): boolean {
  return keys.some((key) => ON_BEHALF.test(key));
}

function statementsIn(value: unknown): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Principal' in value && (value as Statement).Effect === 'Allow' ? [value as Statement] : [];
  return [...own, ...Object.values(value).flatMap(statementsIn)];
}

/** Also those whose name is put together of the region. */
function servicesIn(principal: unknown): string[] {
  const service = (principal as { Service?: unknown } | undefined)?.Service;
  return service === undefined ? [] : [service].flat().map((name) => typeof name === 'string' ? name : textOf(name));
}

function textOf(name: unknown): string {
  const [separator, parts] = (name as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  return parts.map((part) => typeof part === 'string' ? part : `<${(part as { Ref: string }).Ref.replace('AWS::', '')}>`).join(separator);
}

function permissionOf(where: string, { Principal, SourceAccount, SourceArn }: Record<string, unknown>): ServiceStatement[] {
  const keys = [...(SourceAccount === undefined ? [] : ['aws:SourceAccount']), ...(SourceArn === undefined ? [] : ['aws:SourceArn'])];
  return [{ service: String(Principal), type: 'AWS::Lambda::Permission', where, keys }];
}
