import { Resource, Stack, Token, type ResourceEnvironment } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from './errors';
import { pathOf } from './stage-path';

/** Something whose account and region may be others than those of the stack that it is declared in. */
export type Placed = IConstruct & { readonly env?: ResourceEnvironment };

/** How two places differ. */
export interface EnvironmentDifference {
  readonly name: 'account' | 'region';
  readonly here: string;
  readonly there: string;
}

type Name = EnvironmentDifference['name'];

/** How the places of two constructs differ for certain: a region or an account that is known at deployment only may be the same. */
export function environmentDifference(here: Placed, there: Placed, names: readonly Name[] = ['region', 'account']): EnvironmentDifference | undefined {
  const [own, other] = [here, there].map(environmentOf);
  return names
    .map((name) => ({ name, here: own[name], there: other[name] }))
    .find((each) => !Token.isUnresolved(each.here) && !Token.isUnresolved(each.there) && each.here !== each.there);
}

/** Where something is, as a clause that begins with its path; nothing where that may be the account and region of whoever uses it. */
export function elsewhere(scope: IConstruct, used: Placed, names?: readonly Name[]): string | undefined {
  const difference = environmentDifference(Stack.of(scope), used, names);
  return difference && `'${pathOf(used)}' is in ${difference.name} '${difference.there}', and this stack is in '${difference.here}'`;
}

/** Keys are regional: no service encrypts with one of another region. */
export function requireKeyHere(scope: IConstruct, key?: Placed): void {
  const place = key && elsewhere(scope, key, ['region']);
  if (place !== undefined) {
    throw new InvalidBackendError(scope, 'Encryption.otherRegion', `The key in \`encryptionKey\` ${place}. AWS encrypts with keys of the same region only. Pass a key of this region.`);
  }
}

function environmentOf(construct: Placed): { readonly region: string; readonly account: string } {
  const { region, account } = Stack.of(construct);
  return Resource.isResource(construct) && construct.env !== undefined ? construct.env : { region, account };
}
