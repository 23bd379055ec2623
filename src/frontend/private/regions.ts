import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** Refuses regions of China and GovCloud, where CloudFormation does not have the resource types. */
export function requireCommercialRegion(scope: IConstruct, service: string): void {
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region) && /^(cn|us-gov)-/.test(region)) {
    throw new InvalidBackendError(scope, `${service} cannot be had in ${region}. Put the front end into a stack of another partition, or host it elsewhere.`);
  }
}
