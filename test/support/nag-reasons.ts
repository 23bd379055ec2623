/** A finding of cdk-nag that is accepted in the examples, where, and why. */
export interface AcceptedFinding {
  /** How the rule's id begins, without the name of its pack: packs share rules. */
  readonly rule: string;
  /** Paths of constructs below the stack; what is below them is included. */
  readonly paths: readonly string[];
  /** One sentence. */
  readonly reason: string;
  /** Where AWS says the fact that the reason rests on. */
  readonly see?: string;
  /** The posture that the finding is accepted in, where it is not in both. */
  readonly posture?: 'development' | 'production';
}

const AWS = 'https://docs.aws.amazon.com';
const FUNCTIONS = ['Postgres/Broker/Sql', 'Postgres/Broker/Conductor', 'TaskRunner'];
const CERTIFICATES = ['Postgres/Authority/Issuer', 'Postgres/Authority/Signer'];
const NODES = [1, 2, 3].map((node) => `Postgres/Node${node}`);
const DRILL = 'Postgres/RestoreDrill';
const NODE_ROLES = NODES.map((node) => `${node}/Role`);
const INSTANCE_ROLES = [...NODE_ROLES, `${DRILL}/Role`];
const CLUSTER_SECRETS = ['Postgres/AdminSecret', 'Postgres/ClusterSecret'];

/** What the packs find in the examples and is right as it is, by what it is about. */
export const ACCEPTED_FINDINGS: { readonly [subject: string]: readonly AcceptedFinding[] } = {
  'Network and ingress': [
    {
      rule: 'VPCNoUnrestrictedRouteToIGW',
      paths: ['Network/Resource/PublicSubnet1', 'Network/Resource/PublicSubnet2', 'Network/Resource/PublicSubnet3'],
      reason: 'In production only the load balancer and the NAT gateways are in the public subnets; the private and isolated tiers have no route to the internet gateway.',
      see: `${AWS}/vpc/latest/userguide/configure-subnets.html#subnet-types`,
    },
    { rule: 'VPC7', paths: ['Network'], posture: 'development', reason: 'Nobody reads the flow logs of a development stack; production has them.' },
    { rule: 'EC23', paths: ['Ingress/SecurityGroup'], reason: 'The ingress is what the internet is meant to reach, on its listener ports only.' },
    {
      rule: 'ELBv2ACMCertificateRequired',
      paths: ['Ingress/Resource/Http'],
      reason: 'The listener on port 80 only redirects to HTTPS, so it has nothing that a certificate could protect.',
      see: `${AWS}/elasticloadbalancing/latest/application/load-balancer-listeners.html#redirect-actions`,
    },
    { rule: 'ELB2', paths: ['Ingress'], posture: 'development', reason: 'Access logs of a development stack cost more than they tell; production has them.' },
    {
      rule: 'WAFv2LoggingEnabled',
      paths: ['Ingress/WebAcl'],
      reason: 'The access log says of each request whether the web ACL was asked and refused it, and the web ACL keeps samples and metrics of each of its rules.',
      see: `${AWS}/elasticloadbalancing/latest/application/load-balancer-access-logs.html#actions-taken`,
    },
    { rule: 'S1', paths: ['Ingress/AccessLogs'], reason: 'This bucket is itself the log; a log of its delivery would have no reader.' },
    { rule: 'S3BucketLoggingEnabled', paths: ['Ingress/AccessLogs'], reason: 'This bucket is itself the log; a log of its delivery would have no reader.' },
    {
      rule: 'S3DefaultEncryptionKMS',
      paths: ['Ingress/AccessLogs'],
      reason: 'The bucket is encrypted with keys of S3, the only kind with which a load balancer delivers its logs.',
      see: `${AWS}/elasticloadbalancing/latest/application/enable-access-logging.html`,
    },
    { rule: 'S3BucketVersioningEnabled', paths: ['Ingress/AccessLogs'], reason: 'Each log file has a name of its own and is written once, so there is never a second version.' },
    { rule: 'S3BucketReplicationEnabled', paths: ['Ingress/AccessLogs'], reason: 'Logs are kept for diagnosis where they arise; no service depends on them, and S3 keeps them in three zones.' },
  ],
  'Database': [
    { rule: 'RDS11', paths: ['Postgres/Resource'], reason: 'Nothing outside its security groups reaches the server, so another port would hide nothing and surprise every client.' },
    { rule: 'RDS3', paths: ['Postgres/Resource'], posture: 'development', reason: 'A standby doubles the price; production has one.' },
    { rule: 'RDS10', paths: ['Postgres/Resource'], posture: 'development', reason: 'A development stack must be easy to destroy; production has deletion protection.' },
    {
      rule: 'RDSInBackupPlan',
      paths: ['Postgres/Resource', 'Postgres/Writer', 'Postgres/Reader'],
      reason: 'RDS backs the server up itself, every five minutes and for 35 days, and keeps the backups and a last snapshot when the server goes; a vault in another account is the account\'s decision.',
      see: `${AWS}/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html`,
    },
    {
      rule: 'RDSEnhancedMonitoringEnabled',
      paths: ['Postgres/Resource', 'Postgres/Writer', 'Postgres/Reader'],
      reason: 'Database Insights keeps the load of the server by statement and wait for 15 months; what Enhanced Monitoring adds are processes of an operating system that AWS runs.',
      see: `${AWS}/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html`,
    },
    { rule: 'CloudWatchAlarmAction', paths: ['Postgres/CpuAlarm', 'Postgres/ConnectionsAlarm', 'Postgres/StorageAlarm', 'Redis/CpuAlarm', 'Redis/CpuAlarm2', 'Redis/MemoryAlarm', 'Redis/MemoryAlarm2'], reason: 'Whom an alarm calls is for the team to say: a rule on state changes of alarms in EventBridge serves all of an account.', see: `${AWS}/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html` },
    {
      rule: 'RDS6',
      paths: ['Postgres/Resource'],
      reason: 'PostgreSQL lets members of `rds_iam` in by token only, so users with passwords would be locked out; clients would have to sign a token every 15 minutes.',
      see: `${AWS}/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html`,
    },
    ...['SMG4', 'SecretsManagerRotationEnabled'].map((rule) => ({
      rule,
      paths: ['Postgres/Database', 'Postgres/Databases'],
      reason: 'A task reads a secret when it starts, so a new password by the clock would lock running tasks out: users are rotated by a deployment. The admin\'s secret is rotated by RDS.',
      see: `${AWS}/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html`,
    })),
    {
      rule: 'SecretsManagerUsingKMSKey',
      paths: ['Postgres/Database', 'Postgres/Databases', 'Redis/Users', 'ApiKey'],
      reason: 'The secrets are encrypted with the account\'s key for Secrets Manager, which is enough within one account; `encryptionKey` of a user takes another, for a dollar a month.',
      see: `${AWS}/secretsmanager/latest/userguide/security-encryption.html`,
    },
  ],
  'Self-hosted database': [
    {
      rule: 'IAM5[Resource::*]',
      paths: INSTANCE_ROLES,
      reason: 'The channel actions of Session Manager have no resource-level permissions, nor has cloudwatch:PutMetricData, which a condition limits to the namespace of clusters. Groups of another region are looked for among all.',
      see: `${AWS}/service-authorization/latest/reference/list_amazoncloudwatch.html`,
    },
    { rule: 'IAM5[Resource::<PostgresBackups', paths: INSTANCE_ROLES, reason: 'Names of backups are made by pgBackRest; it is the one bucket of this cluster, and versions can\'t be deleted. A restore drill only reads them.' },
    {
      rule: 'IAM5[Resource::arn:<AWS::Partition>:autoscaling:',
      paths: INSTANCE_ROLES,
      reason: 'The name of a group is known when it exists, and the group needs the role; two conditions limit it to the one group by tags that only CloudFormation sets.',
      see: `${AWS}/autoscaling/ec2/userguide/control-access-using-iam.html`,
    },
    {
      rule: 'IAM5[Resource::arn:<AWS::Partition>:ec2:',
      paths: NODE_ROLES,
      reason: 'Instances of a group have ids that nobody knows before; a condition limits them to those with the node\'s own profile, and volumes to the node\'s own.',
      see: `${AWS}/service-authorization/latest/reference/list_amazonec2.html`,
    },
    { rule: 'AS3', paths: [DRILL], posture: 'production', reason: 'The alarm database-restore-drill says when none succeeded, whatever the reason was.' },
    { rule: 'AS3', paths: NODES, reason: 'A node comes back by itself; the alarms of the cluster say when it does not, which launches do not.' },
    ...['ELB2', 'ELBLoggingEnabled'].map((rule) => ({
      rule,
      paths: ['Postgres/Balancer'],
      posture: rule === 'ELB2' ? undefined : 'production' as const,
      reason: 'A network load balancer logs TLS listeners only, and this one passes TLS on to PostgreSQL.',
      see: `${AWS}/elasticloadbalancing/latest/network/load-balancer-access-logs.html`,
    })),
    { rule: 'ELBv2ACMCertificateRequired', paths: ['Postgres/Primary', 'Postgres/Reader'], posture: 'production', reason: 'PostgreSQL speaks TLS itself, with a certificate of the cluster\'s own authority, which clients verify.' },
    { rule: 'SMG4', paths: CLUSTER_SECRETS, reason: 'Only the broker and the nodes know the admin\'s password; another pass would make backups that exist unreadable.' },
    { rule: 'SecretsManagerRotationEnabled', paths: CLUSTER_SECRETS, posture: 'production', reason: 'Only the broker and the nodes know the admin\'s password; another pass would make backups that exist unreadable.' },
    { rule: 'SecretsManagerUsingKMSKey', paths: CLUSTER_SECRETS, posture: 'production', reason: 'The secrets are encrypted with the account\'s key for Secrets Manager; `encryptionKey` of the cluster takes another.', see: `${AWS}/secretsmanager/latest/userguide/security-encryption.html` },
    { rule: 'S1', paths: ['Postgres/Backups'], reason: 'Nodes alone read and write the bucket, whose objects they encrypt; CloudTrail\'s data events are for who has to show each access.', see: `${AWS}/AmazonS3/latest/userguide/cloudtrail-logging.html` },
    { rule: 'S3BucketLoggingEnabled', paths: ['Postgres/Backups'], posture: 'production', reason: 'Nodes alone read and write the bucket, whose objects they encrypt; CloudTrail\'s data events are for who has to show each access.', see: `${AWS}/AmazonS3/latest/userguide/cloudtrail-logging.html` },
    { rule: 'S3BucketReplicationEnabled', paths: ['Postgres/Backups'], posture: 'production', reason: 'S3 keeps backups in three zones; `disasterRecovery` copies them to another region.' },
    { rule: 'S3DefaultEncryptionKMS', paths: ['Postgres/Backups'], posture: 'production', reason: 'pgBackRest encrypts objects before they leave a node, with a pass that S3 never sees.', see: 'https://pgbackrest.org/user-guide.html#quickstart/configure-encryption' },
    { rule: 'EC2EBSInBackupPlan', paths: NODES, posture: 'production', reason: 'pgBackRest archives each change of PostgreSQL within a minute; a snapshot of one volume would be older, and of etcd useless.' },
    ...['LambdaConcurrency', 'LambdaDLQ'].map((rule) => ({
      rule,
      paths: CERTIFICATES,
      posture: 'production' as const,
      reason: 'CloudFormation and nodes wait for the answer, and ask again; a reservation fails in accounts with less than a hundred executions to spare.',
      see: `${AWS}/lambda/latest/dg/configuration-concurrency.html`,
    })),
    { rule: 'LambdaInsideVPC', paths: CERTIFICATES, posture: 'production', reason: 'They need KMS and nothing in the network.', see: `${AWS}/lambda/latest/dg/configuration-vpc.html` },
  ],
  'Second region, and deployments from GitHub': [
    ...['IAM5[Resource::<PostgresBackups', 'IAM5[Resource::arn:<AWS::Partition>:s3:::'].map((rule) => ({
      rule,
      paths: ['Postgres/Replication/Policy'],
      posture: 'production' as const,
      reason: 'S3 copies every object of the one bucket into the other, and names of backups are made by pgBackRest.',
      see: `${AWS}/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html`,
    })),
    {
      rule: 'IAM5[Resource::<ReplicaBucket',
      paths: NODE_ROLES,
      posture: 'production',
      reason: 'A node that recovers reads whichever backups were copied, and names of backups are made by pgBackRest; it writes one object there, the marker.',
    },
    ...['SMG4', 'SecretsManagerRotationEnabled'].map((rule) => ({
      rule, paths: ['Postgres/Replication/Pass'], posture: 'production' as const, reason: 'It is the pass of the backups for the other region: another one would make those that exist unreadable.',
    })),
    {
      rule: 'SecretsManagerUsingKMSKey',
      paths: ['Postgres/Replication/Pass'],
      posture: 'production',
      reason: 'The secret is encrypted with the account\'s key for Secrets Manager, here and in the other region; `encryptionKey` of the cluster takes another.',
      see: `${AWS}/secretsmanager/latest/userguide/security-encryption.html`,
    },
    ...['S1', 'S3BucketLoggingEnabled'].map((rule) => ({
      rule,
      paths: ['Replica/Bucket'],
      posture: 'production' as const,
      reason: 'Replication and nodes alone use the bucket, whose objects nodes encrypt; CloudTrail\'s data events are for who has to show each access.',
      see: `${AWS}/AmazonS3/latest/userguide/cloudtrail-logging.html`,
    })),
    { rule: 'S3BucketReplicationEnabled', paths: ['Replica/Bucket'], posture: 'production', reason: 'This bucket is itself the copy in another region.' },
    {
      rule: 'S3DefaultEncryptionKMS',
      paths: ['Replica/Bucket'],
      posture: 'production',
      reason: 'pgBackRest encrypts objects before they leave a node, with a pass that S3 never sees.',
      see: 'https://pgbackrest.org/user-guide.html#quickstart/configure-encryption',
    },
    {
      rule: 'IAMNoInlinePolicy',
      paths: ['Postgres/Replication/Policy', 'Deploy/DefaultPolicy', 'Operations'],
      posture: 'production',
      reason: 'Each policy is for one role, and nothing else can be given it; it goes with the role.',
      see: `${AWS}/IAM/latest/UserGuide/access_policies-choosing-managed-or-inline.html`,
    },
    {
      rule: 'IAM5[Resource::arn:<AWS::Partition>:autoscaling:',
      paths: ['Operations/Policy'],
      posture: 'production',
      reason: 'Auto Scaling puts an id of its own before the name; it is the one group of the restore drills.',
      see: `${AWS}/service-authorization/latest/reference/list_amazonec2autoscaling.html`,
    },
    {
      rule: 'IAM5[Resource::*]',
      paths: ['Operations/DefaultPolicy'],
      posture: 'production',
      reason: 'cloudwatch:GetMetricStatistics has no resource-level permissions; a condition limits it to the regions of the stacks.',
      see: `${AWS}/service-authorization/latest/reference/list_amazoncloudwatch.html`,
    },
  ],
  'Cache and secrets of an app': [
    { rule: 'AEC4', paths: ['Redis/Resource'], posture: 'development', reason: 'A replica doubles the price; production has one, in another zone.' },
    { rule: 'AEC5', paths: ['Redis/Resource'], reason: 'Nothing outside its security groups reaches the cache, so another port would hide nothing and surprise every client.' },
    {
      rule: 'AEC6',
      paths: ['Redis/Resource'],
      reason: 'Users log in with name and password (RBAC), which excludes the one token for all that the rule asks for.',
      see: `${AWS}/AmazonElastiCache/latest/dg/Clusters.RBAC.html`,
    },
    ...['SMG4', 'SecretsManagerRotationEnabled'].flatMap((rule) => [
      { rule, paths: ['Redis/Users'], reason: 'A task reads a secret when it starts, and the cache takes one password of a user: for another one, add another user, and take the first away in the next deployment.' },
      { rule, paths: ['ApiKey'], reason: 'Both sides read the key when they start: it changes by a deployment that gives the auth service both, old and new.' },
    ]),
  ],
  'Audit': [
    ...['S1', 'S3BucketLoggingEnabled'].map((rule) => ({ rule, paths: ['Trail/Logs'], reason: 'This bucket is itself the log, and its files are signed: who changes one is found out by validation.' })),
    { rule: 'S3BucketVersioningEnabled', paths: ['Trail/Logs'], reason: 'Each log file has a name of its own and is written once, so there is never a second version.' },
    { rule: 'S3BucketReplicationEnabled', paths: ['Trail/Logs'], reason: 'S3 keeps the files in three zones; a copy in another account is the account\'s decision.' },
    {
      rule: 'S3DefaultEncryptionKMS',
      paths: ['Trail/Logs'],
      reason: 'The trail encrypts its log files with a key of its own; only digests have the default of the bucket.',
      see: `${AWS}/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html`,
    },
    { rule: 'CloudTrailCloudWatchLogsEnabled', paths: ['Trail/Resource'], reason: 'CloudTrail\'s own event history answers what happened in 90 days; `sendToCloudWatchLogs` is for who has filters on them.', see: `${AWS}/awscloudtrail/latest/userguide/view-cloudtrail-events.html` },
  ],
  'Permissions': [
    {
      rule: 'IAMNoInlinePolicy',
      paths: [
        'Network/Resource/FlowLog', 'Postgres/Broker/SqlPolicy', 'Postgres/Broker/ConductorPolicy', 'Postgres/Broker/ConductorHandOver', 'Migrations/TaskDefinition', 'Migrations/Starter', 'TaskRunner',
        'Api/TaskDefinition', 'Worker/TaskDefinition', 'Supertokens/TaskDefinition', 'Bastion/Role', ...INSTANCE_ROLES, 'Postgres/Authority/IssuerRole', 'Postgres/Authority/SignerRole',
      ],
      reason: 'Each policy is for one role, and nothing else can be given it; it goes with the role.',
      see: `${AWS}/IAM/latest/UserGuide/access_policies-choosing-managed-or-inline.html`,
    },
    {
      rule: 'IAM5[Resource::*]',
      paths: ['Postgres/Broker/SqlPolicy'],
      reason: 'Lambda asks for these permissions without a resource; the same policy denies them to the function\'s own code.',
      see: `${AWS}/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice`,
    },
    {
      rule: 'IAM5[Resource::*]',
      paths: ['Migrations/TaskDefinition', 'Api/TaskDefinition', 'Worker/TaskDefinition', 'Supertokens/TaskDefinition'],
      reason: 'ecr:GetAuthorizationToken has no resource-level permissions.',
      see: `${AWS}/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html`,
    },
    {
      rule: 'IAM5[Resource::*]',
      paths: ['TaskRunner/Policy', 'Migrations/Starter/Role'],
      reason: 'ecs:ListTasks has no task to name; a condition limits it to the one cluster.',
      see: `${AWS}/service-authorization/latest/reference/list_amazonelasticcontainerservice.html`,
    },
    {
      rule: 'IAM5[Resource::arn:<AWS::Partition>:secretsmanager:',
      paths: ['Postgres/Broker/ConductorPolicy'],
      reason: 'Two conditions limit it to the secrets of this server\'s users: a tag with the role\'s own ARN, and one that only CloudFormation sets.',
      see: `${AWS}/secretsmanager/latest/userguide/auth-and-access-abac.html`,
    },
    {
      rule: 'IAM5[Resource::arn:<AWS::Partition>:logs:',
      paths: ['Postgres/Broker/ConductorPolicy'],
      posture: 'production',
      reason: 'CloudWatch Logs names a log group with a star at its end; it is each log group that this server exports to, and no other.',
      see: `${AWS}/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html`,
    },
    { rule: 'IAM5[Resource::arn:<AWS::Partition>:ecs:', paths: ['TaskRunner/Policy', 'Migrations/Starter/Role'], reason: 'All revisions of the families that the stack runs, and tasks of the one cluster, whose ids nobody knows before they run.' },
    {
      rule: 'IAM5[Resource::*]',
      paths: ['Bastion/Role'],
      reason: 'The channel actions of Session Manager have no resource-level permissions.',
      see: `${AWS}/service-authorization/latest/reference/list_amazonsessionmanagermessagegatewayservice.html`,
    },
    {
      rule: 'IAM5[Resource::arn:<AWS::Partition>:logs:',
      paths: ['Bastion/Role'],
      reason: 'The agent finds its log group by listing all of them; it may write to that one only.',
      see: `${AWS}/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html`,
    },
  ],
  'Containers and logs': [
    { rule: 'ECS2', paths: ['Migrations/TaskDefinition', 'Api/TaskDefinition', 'Worker/TaskDefinition', 'Supertokens/TaskDefinition'], reason: 'The environment holds file names, ports, sizes and time limits; everything secret comes from Secrets Manager.' },
    { rule: 'ECS2', paths: ['Api/Rehearsal/TaskDefinition', 'Supertokens/Rehearsal/TaskDefinition'], posture: 'production', reason: 'It is the environment of the service, and of what decides about its rehearsal.' },
    { rule: 'ECS4', paths: ['Cluster'], posture: 'development', reason: 'Container Insights costs more than the tasks of a development stack; production has it.' },
    {
      rule: 'CloudWatchLogGroupEncrypted',
      paths: [
        'Network/FlowLogs', 'Postgres/Broker/SqlLogs', 'Postgres/Broker/ConductorLogs', 'Migrations/LogGroup', 'Migrations/Starter/LogGroup', 'TaskRunner/LogGroup', 'Api/LogGroup', 'Worker/LogGroup',
        'Supertokens/LogGroup', 'Bastion/Shell/Logs', 'Postgres/Authority/IssuerLogs', 'Postgres/Authority/SignerLogs',
      ],
      reason: 'CloudWatch encrypts every log group; the rule asks for a key of one\'s own, which flow logs and shell sessions take as `encryptionKey`.',
      see: `${AWS}/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html`,
    },
  ],
  'Functions': [
    {
      rule: 'LambdaConcurrency',
      paths: FUNCTIONS,
      reason: 'The functions run during deployments only, called by CloudFormation and by each other; a reservation fails in accounts with less than a hundred executions to spare, as new ones are.',
      see: `${AWS}/lambda/latest/dg/configuration-concurrency.html`,
    },
    {
      rule: 'LambdaDLQ',
      paths: FUNCTIONS,
      reason: 'An event is worthless when CloudFormation no longer waits for its answer: what fails is reported by the stack, and in the function\'s log.',
      see: `${AWS}/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html`,
    },
    { rule: 'LambdaAsyncFailureDestination', paths: ['Postgres/Broker/Conductor'], reason: 'As with the queue: the stack reports the failure, and a later reader could do nothing with the event.' },
    {
      rule: 'LambdaInsideVPC',
      paths: ['Postgres/Broker/Conductor', 'TaskRunner', 'Migrations/Starter'],
      reason: 'It calls AWS only and never the database, so that the function inside the network needs no permissions and the network no endpoints.',
    },
    { rule: 'LambdaTracing', paths: FUNCTIONS, reason: 'It runs for seconds during a deployment and logs each step; a trace would have one segment.' },
    { rule: 'LambdaConcurrency', paths: ['Migrations/Starter'], reason: 'Few people may invoke it, and it starts no second migration beside one that runs; a reservation fails in accounts with less than a hundred executions to spare.' },
    { rule: 'LambdaDLQ', paths: ['Migrations/Starter'], reason: 'Its caller waits for the answer, and an event has nothing in it that is read.' },
    { rule: 'LambdaAsyncFailureDestination', paths: ['Migrations/Starter'], reason: 'Its caller waits for the answer, and an event has nothing in it that is read.' },
    { rule: 'LambdaTracing', paths: ['Migrations/Starter'], reason: 'It makes at most three kinds of calls and logs each; a trace would have one segment.' },
  ],
  'Bastion': [
    { rule: 'EC28', paths: ['Bastion/Resource'], reason: 'The bastion is stopped when nobody uses it; nothing is to be measured by the minute.' },
    { rule: 'EC2InstanceDetailedMonitoringEnabled', paths: ['Bastion/Resource'], reason: 'The bastion is stopped when nobody uses it; nothing is to be measured by the minute.' },
    { rule: 'EC29', paths: ['Bastion/Resource'], reason: 'The bastion holds nothing: a new one takes its place at the next deployment.' },
    {
      rule: 'EC2InstancesInVPC',
      paths: ['Bastion/Resource'],
      reason: 'It is in a private subnet; the rule reads `SubnetId` of the instance, and where the network interface is given, the subnet stands there.',
      see: `${AWS}/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html#cfn-ec2-instance-subnetid`,
    },
  ],
};

const ALL = Object.values(ACCEPTED_FINDINGS).flat();

/** Each reason at each place: what must be needed. */
export function acceptedPlaces(): string[] {
  return ALL.flatMap((accepted) => accepted.paths.map((path) => placeOf(accepted, path)));
}

/** The place at which a finding is accepted, if it is. */
export function acceptedPlaceOf(ruleName: string, constructPath: string, posture: string): string | undefined {
  const rule = ruleName.replace(/^(AwsSolutions|NIST\.800\.53\.R5|HIPAA\.Security|PCI\.DSS\.321|Serverless)-/, '');
  const below = constructPath.split('/').slice(1).join('/');
  for (const accepted of ALL) {
    const path = accepted.paths.find((each) => `${below}/`.startsWith(`${each}/`));
    if (path !== undefined && (rule === accepted.rule || accepted.rule.includes('[') && rule.startsWith(accepted.rule)) && (accepted.posture ?? posture) === posture) {
      return placeOf(accepted, path);
    }
  }
  return undefined;
}

/** The page that a security reviewer reads. */
export function renderAcceptedFindings(): string {
  const rows = (findings: readonly AcceptedFinding[]) => findings.map(({ rule, paths, reason, see, posture }) =>
    `| \`${rule}\` | ${paths.map((path) => `\`${path}\``).join(', ')} | ${posture ?? 'both'} | ${reason}${see === undefined ? '' : ` [AWS](${see})`} |`);
  return [
    '# Accepted findings of cdk-nag',
    '',
    '<!-- Written by test/examples.test.ts from test/support/nag-reasons.ts. -->',
    '',
    'What [cdk-nag](https://github.com/cdklabs/cdk-nag) finds in the examples and is accepted, with the reason. Every example is checked in production posture',
    'with the packs AwsSolutions and NIST 800-53 r5, in development posture with AwsSolutions; example 01 in production also with HIPAA, PCI DSS 3.2.1 and',
    'Serverless. A finding that is not here fails the tests, and so does a row that nothing needs. Packs share rules, so rules stand here without the name of',
    'their pack; paths are those of constructs below the stack. A rule of your own app is acknowledged with',
    '`Validations.of(construct).acknowledge({ id, reason })`.',
    ...Object.entries(ACCEPTED_FINDINGS).flatMap(([subject, findings]) => ['', `## ${subject}`, '', '| rule | where | posture | why |', '|---|---|---|---|', ...rows(findings)]),
    '',
  ].join('\n');
}

function placeOf({ rule, posture }: AcceptedFinding, path: string): string {
  return `${rule} at ${path}${posture === undefined ? '' : ` in ${posture}`}`;
}
