import * as iam from 'aws-cdk-lib/aws-iam';

/** Lets an instance take sessions of Session Manager. These actions have no resources to restrict them to. The managed policy also reads every parameter of the account. */
export function allowSessions(role: iam.IRole): void {
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    resources: ['*'],
  }));
}
