import { SECRETS_MANAGER } from './aws-services';
import type { Judging } from './judge';
import { requireServices } from './need';
import { isMap, mentionsOf, Reference, rendered, type ModelValue } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';

const SECRET: CheckRule = {
  id: 'reachability-function-to-secrets',
  title: 'A function in a VPC that is given the ARN of a secret reaches Secrets Manager',
  why: 'A function in a VPC has no way to AWS but that of its subnets. Without one, its first call to Secrets Manager hangs until the function times out.',
  fix: 'Give the subnets a NAT gateway, or add the endpoint secretsmanager with a security group that admits the function on TCP 443.',
  severity: 'warning',
  see: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html',
};

export const FUNCTION_SECRET_RULES: readonly CheckRule[] = [SECRET];

/** (d) A secret that a function cannot read is of no use for the database behind it. */
export function judgeFunctionSecrets(judging: Judging): void {
  for (const { owner, network: source } of judging.paths.network.functions) {
    const variables = owner.value('Environment.Variables');
    if (source !== undefined && isMap(variables) && Object.values(variables).some(isSecret)) {
      requireServices(judging, SECRET, { owner, source, consequence: `${nameOf(owner)} is given the ARN of a secret and cannot read it`, services: [SECRETS_MANAGER] });
    }
  }
}

function isSecret(value: ModelValue): boolean {
  if (value instanceof Reference) {
    return value.attribute.endsWith('SecretArn') || (value.attribute === 'Ref' && /^AWS::SecretsManager::(Secret|SecretTargetAttachment)$/.test(value.resource.type));
  }
  // Not a dynamic reference, which CloudFormation resolves itself.
  const text = rendered(value);
  return !text.includes('{{resolve:') && (/^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:/.test(text) || mentionsOf(value).some(({ type }) => type === 'AWS::SecretsManager::Secret'));
}
