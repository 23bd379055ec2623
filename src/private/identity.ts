import { CfnParameter, Reference, Stack, Stage, Token, Tokenization, type IResolvable } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { stablePath } from './stable-path';
import { pathOf } from './stage-path';

/**
 * What a value is known by in the stack of a construct, for ids: the value itself, or where it comes from. Logical ids are no part of it, so
 * that it stays when a construct that only passes the value on is renamed.
 */
export function identityOf(scope: IConstruct, value: string): string {
  return describe(value, (token) => {
    const made = madeInApp(token);
    return made === undefined ? elsewhere(scope, token) : `${stablePath(made.target)}.${made.attribute}`;
  });
}

/**
 * What a value is known by in the whole app, for comparing: equal ones are one thing. Values with different identities may still turn out to be
 * the same in a deployment.
 */
export function identityInApp(scope: IConstruct, value: string): string {
  return describe(value, (token) => {
    const made = madeInApp(token);
    return made === undefined ? `${elsewhere(scope, token)} in ${placeOf(scope)}` : `${made.target.node.path}.${made.attribute}`;
  });
}

function describe(value: string, describeToken: (token: IResolvable) => string): string {
  return `${Tokenization.reverseString(value).mapTokens({ mapToken: describeToken }).join({ join: (left: string, right: string) => `${left}|${right}` })}`;
}

/** A resource or parameter of the app, whose construct says which it is. */
function madeInApp(token: IResolvable): { readonly target: IConstruct; readonly attribute: string } | undefined {
  if (!Reference.isReference(token) || token.displayName.startsWith('AWS::') || nameInSystemsManager(token) !== undefined) {
    return undefined;
  }
  const { target, displayName: attribute } = token;
  const isMainChild = pathOf(target) !== target.node.path && target.node.scope !== undefined;
  return { target: isMainChild ? target.node.scope : target, attribute };
}

/** An export, a name in Systems Manager, a dynamic reference: the same in all stacks of one account and region. */
function elsewhere(scope: IConstruct, token: IResolvable): string {
  const name = nameInSystemsManager(token);
  return name !== undefined ? `ssm:${name}` : JSON.stringify(Reference.isReference(token) ? token.displayName : Stack.of(scope).resolve(token));
}

/** Stacks whose account and region are not known go to the same ones in one stage, and anywhere in two. */
function placeOf(scope: IConstruct): string {
  const { account, region } = Stack.of(scope);
  return Token.isUnresolved(account) || Token.isUnresolved(region) ? `stage '${Stage.of(scope)?.node.path ?? ''}'` : `${account}/${region}`;
}

/** CDK passes values of Systems Manager by a parameter of the template, whose default is the name. */
function nameInSystemsManager(token: IResolvable): string | undefined {
  const { type, default: name }: Partial<CfnParameter> = Reference.isReference(token) && token.target instanceof CfnParameter ? token.target : {};
  return type?.startsWith('AWS::SSM::Parameter::Value<') === true && typeof name === 'string' && !Token.isUnresolved(name) ? name : undefined;
}
