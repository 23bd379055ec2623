/** A service of AWS that is let in without a condition on whom it acts for, and why. */
export interface UnboundService {
  readonly service: string;
  /** Types whose policy it is: the trust of a role, or the policy of a resource. */
  readonly types: readonly string[];
  readonly where: string;
  readonly why: string;
  readonly see: string;
}

/** All of them. A row goes when its statements have a condition. */
export const UNBOUND_SERVICES: readonly UnboundService[] = [
  {
    service: 'cloudtrail.amazonaws.com',
    types: ['AWS::IAM::Role'],
    where: 'role that writes the log group of an `AuditTrail`',
    why: 'AWS says that this role doesn\'t support the keys. Bucket and key of the trail have them.',
    see: 'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html',
  },
  {
    service: 'ec2.amazonaws.com',
    types: ['AWS::IAM::Role'],
    where: 'roles of the bastion and of NAT instances',
    why: 'EC2 gives a role to instances with its instance profile only, which takes `iam:PassRole` in the account of the role. AWS documents no key.',
    see: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html',
  },
  {
    service: 'ecs-tasks.amazonaws.com',
    types: ['AWS::IAM::Role'],
    where: 'roles of tasks',
    why: 'ECS gives a role to tasks of a task definition that names it, which takes `iam:PassRole` in the account of the role.',
    see: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html',
  },
  {
    service: 'ecs.amazonaws.com',
    types: ['AWS::IAM::Role'],
    where: 'role that shifts traffic in a deployment',
    why: 'ECS uses the role for services that name it, which takes `iam:PassRole` in the account of the role.',
    see: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html',
  },
  {
    service: 'events.amazonaws.com',
    types: ['AWS::KMS::Key', 'AWS::SNS::TopicPolicy'],
    where: 'alarm topic and its key',
    why: 'AWS doesn\'t support the keys where EventBridge publishes to an encrypted topic. Another account would have to know the ARN of the topic, and could only send a message.',
    see: 'https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html',
  },
  {
    service: 'lambda.amazonaws.com',
    types: ['AWS::IAM::Role'],
    where: 'roles of functions',
    why: 'Lambda gives a role to functions that name it, which takes `iam:PassRole` in the account of the role. AWS documents no key.',
    see: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html',
  },
  {
    service: 'logdelivery.elasticloadbalancing.amazonaws.com',
    types: ['AWS::S3::BucketPolicy'],
    where: 'bucket of the access logs of an ingress',
    why: 'A load balancer writes below the number of its own account, and the policy allows that of this account only. Sources differ on whether the service sends a key, and logs would stop without a word where it sends none.',
    see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html',
  },
  {
    service: 'logs.<Region>.<URLSuffix>',
    types: ['AWS::KMS::Key'],
    where: 'keys that log groups are encrypted with',
    why: 'The condition is on `kms:EncryptionContext:aws:logs:arn`, which names log groups of this account only, as AWS recommends.',
    see: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html',
  },
  {
    service: 's3.amazonaws.com',
    types: ['AWS::IAM::Role'],
    where: 'role that replicates the backups of a cluster to another region',
    why: 'S3 uses the role for a bucket whose replication names it, which takes `iam:PassRole` in the account of the role. AWS documents no key.',
    see: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html',
  },
];
