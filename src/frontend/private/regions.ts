import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** Refuses regions of China and GovCloud, where CloudFormation does not have the resource types. */
export function requireCommercialRegion(scope: IConstruct, service: string): void {
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region) && /^(cn|us-gov)-/.test(region)) {
    throw new InvalidBackendError(scope, 'Frontend.region', `${service} is not available in ${region}. Move the front end to a stack in a region outside China and GovCloud, or host it elsewhere.`);
  }
}
