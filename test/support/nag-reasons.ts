/** A finding of cdk-nag that is accepted below one construct of an example, and why. */
export interface AcceptedFinding {
  /** How the id of the finding begins. */
  readonly id: string;
  /** Path of the construct below the stack. */
  readonly path: string;
  readonly reason: string;
}

const PULL = 'ecr:GetAuthorizationToken has no resource-level permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html';

/** What cdk-nag's AwsSolutions pack finds in the examples and is right as it is. */
export const ACCEPTED_FINDINGS: AcceptedFinding[] = [
  { id: 'AwsSolutions-RDS11', path: 'Postgres/Resource', reason: 'Nothing outside its security groups reaches the server, so another port would hide nothing and surprise every client.' },
  { id: 'AwsSolutions-RDS3', path: 'Postgres/Resource', reason: 'Development: a standby doubles the price; production has one.' },
  { id: 'AwsSolutions-RDS10', path: 'Postgres/Resource', reason: 'Development: the stack must be easy to destroy; production has deletion protection.' },
  { id: 'AwsSolutions-SMG4', path: 'Postgres/Database', reason: 'A new password only reaches tasks that start after it, so a user is rotated by a deployment and not by a clock.' },
  { id: 'AwsSolutions-IAM5[Resource::*]', path: 'Postgres/Broker', reason: 'Network interfaces of a function have no resource-level permissions at creation; the code itself is denied them.' },
  { id: 'AwsSolutions-IAM5[Resource::*]', path: 'Migrations/TaskDefinition', reason: PULL },
  { id: 'AwsSolutions-IAM5[Resource::*]', path: 'Api/TaskDefinition', reason: PULL },
  { id: 'AwsSolutions-IAM5[Resource::*]', path: 'Migrations/Runner/Policy', reason: 'ecs:ListTasks and ecs:DescribeTasks are limited by the condition on the cluster.' },
  { id: 'AwsSolutions-IAM5', path: 'Migrations/Runner/Policy', reason: 'All revisions of the one family, and tasks of the one cluster, whose ids nobody knows before they run.' },
  { id: 'AwsSolutions-IAM5', path: 'Bastion/Role', reason: 'Session Manager\'s channel actions have no resource-level permissions; log groups are found by listing them.' },
  { id: 'AwsSolutions-ECS2', path: 'Migrations/TaskDefinition', reason: 'The environment holds file names, ports and time limits; everything secret comes from Secrets Manager.' },
  { id: 'AwsSolutions-ECS2', path: 'Api/TaskDefinition', reason: 'The environment holds file names, ports and sizes; everything secret comes from Secrets Manager.' },
  { id: 'AwsSolutions-EC23', path: 'Edge/SecurityGroup', reason: 'The edge is what the internet is meant to reach, on its listener ports only.' },
  { id: 'AwsSolutions-ELB2', path: 'Edge', reason: 'Development: access logs cost more than they tell; production has them.' },
  { id: 'AwsSolutions-S1', path: 'Edge/AccessLogs', reason: 'This bucket is itself the log; a log of its delivery would have no reader.' },
  { id: 'AwsSolutions-VPC7', path: 'Network', reason: 'Development: nobody reads flow logs; production has them.' },
  { id: 'AwsSolutions-ECS4', path: 'Cluster', reason: 'Development: Container Insights costs more than the tasks; production has it.' },
  { id: 'AwsSolutions-EC28', path: 'Bastion/Resource', reason: 'The bastion is stopped when nobody uses it; nothing is to be measured by the minute.' },
  { id: 'AwsSolutions-EC29', path: 'Bastion/Resource', reason: 'The bastion holds nothing: a new one takes its place at the next deployment.' },
];

/** The reason for which a finding is accepted. */
export function reasonFor(id: string, path: string): AcceptedFinding | undefined {
  const below = path.split('/').slice(1).join('/');
  return ACCEPTED_FINDINGS.find((accepted) => id.startsWith(accepted.id) && `${below}/`.startsWith(`${accepted.path}/`));
}
