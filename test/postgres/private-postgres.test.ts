import { Duration, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { FAKE_CA, newApp, newServer, newVpc, onlyProperties, serverTemplate } from './postgres-fixtures';
import { AdminSecret, AdoptExisting, Posture, PostgresCapacity, PostgresVersion, PrivatePostgres, PemFile } from '../../src';

const INSTANCE = 'AWS::RDS::DBInstance';

describe('an instance in the development posture', () => {
  const template = serverTemplate();

  test('is small, private, encrypted and patched', () => {
    template.hasResourceProperties(INSTANCE, {
      Engine: 'postgres',
      EngineVersion: '17',
      DBInstanceClass: 'db.t4g.micro',
      AllocatedStorage: '20',
      MaxAllocatedStorage: 100,
      StorageType: 'gp3',
      StorageEncrypted: true,
      PubliclyAccessible: false,
      MultiAZ: false,
      BackupRetentionPeriod: 7,
      DeletionProtection: false,
      CopyTagsToSnapshot: true,
      AutoMinorVersionUpgrade: true,
      AllowMajorVersionUpgrade: false,
      EnableIAMDatabaseAuthentication: false,
      EnablePerformanceInsights: false,
      DatabaseInsightsMode: 'standard',
      Port: '5432',
    });
    template.hasResource(INSTANCE, { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });

  test('forces TLS and SCRAM, and logs locks and slow statements without values', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'postgres17',
      Parameters: {
        'rds.force_ssl': '1',
        'rds.accepted_password_auth_method': 'scram',
        'log_error_verbosity': 'terse',
        'log_lock_waits': '1',
        'log_min_duration_statement': '1000',
        'log_parameter_max_length': '0',
        'log_parameter_max_length_on_error': '0',
        'shared_preload_libraries': 'pg_stat_statements',
      },
    });
  });

  test('stands in isolated subnets behind a security group that lets nobody out', () => {
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', {
      SubnetIds: [{ Ref: Match.stringLikeRegexp('isolatedSubnet1') }, { Ref: Match.stringLikeRegexp('isolatedSubnet2') }],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Private PostgreSQL server',
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
  });

  test('lets RDS manage the password of the admin', () => {
    template.hasResourceProperties(INSTANCE, {
      ManageMasterUserPassword: true,
      MasterUsername: 'postgres',
      MasterUserPassword: Match.absent(),
    });
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  test('never gets a database name, which would replace it when changed', () => {
    template.hasResourceProperties(INSTANCE, { DBName: Match.absent(), DBInstanceIdentifier: Match.absent() });
    template.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'app' });
  });

  test('has no alarms', () => {
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });
});

describe('an instance in the production posture', () => {
  const template = serverTemplate({}, Posture.production());

  test('has a standby, long backups, protection, insights and log export', () => {
    template.hasResourceProperties(INSTANCE, {
      DBInstanceClass: 'db.r7g.large',
      AllocatedStorage: '100',
      MultiAZ: true,
      BackupRetentionPeriod: 35,
      DeletionProtection: true,
      DeleteAutomatedBackups: false,
      EnablePerformanceInsights: true,
      DatabaseInsightsMode: 'advanced',
      PerformanceInsightsRetentionPeriod: 465,
      EnableCloudwatchLogsExports: ['postgresql', 'upgrade'],
    });
  });

  test('is deleted with a snapshot, and its groups without', () => {
    template.hasResource(INSTANCE, { DeletionPolicy: 'Snapshot', UpdateReplacePolicy: 'Snapshot' });
    template.hasResource('AWS::RDS::DBSubnetGroup', { DeletionPolicy: 'Delete' });
    template.hasResource('AWS::RDS::DBParameterGroup', { DeletionPolicy: 'Delete' });
  });

  test('has alarms on processors, connections and storage', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'CPUUtilization', Threshold: 90, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 3 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DatabaseConnections', Statistic: 'Maximum', Threshold: 1297, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'FreeStorageSpace', Statistic: 'Minimum', Threshold: 5 * 1024 ** 3, ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: 1,
    });
    const alarms = Object.keys(template.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['PostgresConnectionsAlarm', 'PostgresCpuAlarm', 'PostgresStorageAlarm']);
  });
});

describe('options of an instance', () => {
  test('win over the posture', () => {
    // WHEN
    const template = serverTemplate({
      engineVersion: PostgresVersion.of('18.3'),
      capacity: PostgresCapacity.instance(ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.XLARGE)),
      multiAz: false,
      allocatedStorage: Size.gibibytes(50),
      maxAllocatedStorage: Size.gibibytes(70),
      backupRetention: Duration.days(3),
      deletionProtection: false,
      removalPolicy: RemovalPolicy.RETAIN,
      databaseInsights: false,
      cloudwatchLogsExport: false,
      forceSsl: false,
      autoMinorVersionUpgrade: false,
      allowMajorVersionUpgrade: true,
      adminUsername: 'boss',
      port: 6543,
      preferredBackupWindow: '01:00-02:00',
      preferredMaintenanceWindow: 'sun:03:00-sun:04:00',
    }, Posture.production());

    // THEN
    template.hasResourceProperties(INSTANCE, {
      EngineVersion: '18.3',
      DBInstanceClass: 'db.m7g.xlarge',
      MultiAZ: false,
      AllocatedStorage: '50',
      MaxAllocatedStorage: 70,
      BackupRetentionPeriod: 3,
      DeletionProtection: false,
      EnablePerformanceInsights: false,
      EnableCloudwatchLogsExports: Match.absent(),
      AutoMinorVersionUpgrade: false,
      AllowMajorVersionUpgrade: true,
      MasterUsername: 'boss',
      Port: '6543',
      PreferredBackupWindow: '01:00-02:00',
      PreferredMaintenanceWindow: 'sun:03:00-sun:04:00',
    });
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', { Family: 'postgres18', Parameters: Match.objectLike({ 'rds.force_ssl': '0' }) });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6543, ToPort: 6543 });
  });

  test('a retained server keeps its subnet group, parameter group and security group', () => {
    const template = serverTemplate({ removalPolicy: RemovalPolicy.RETAIN });
    for (const type of [INSTANCE, 'AWS::RDS::DBSubnetGroup', 'AWS::RDS::DBParameterGroup']) {
      template.hasResource(type, { DeletionPolicy: 'Retain' });
    }
    template.hasResource('AWS::EC2::SecurityGroup', { DeletionPolicy: 'Retain', Properties: { GroupDescription: 'Private PostgreSQL server' } });
  });

  test('a server that is destroyed is not protected from it in production', () => {
    const template = serverTemplate({ removalPolicy: RemovalPolicy.DESTROY }, Posture.production());
    template.hasResourceProperties(INSTANCE, { DeletionProtection: false });
  });

  test('parameters of the user win over those of the construct', () => {
    const template = serverTemplate({ parameters: { work_mem: '8192', log_min_duration_statement: '250', log_error_verbosity: 'default', log_parameter_max_length: '64' }, maxConnections: 200 });
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: Match.objectLike({ work_mem: '8192', log_min_duration_statement: '250', log_error_verbosity: 'default', log_parameter_max_length: '64', max_connections: '200', log_lock_waits: '1' }),
    });
  });

  test('a key encrypts storage and performance data', () => {
    // GIVEN
    const app = newApp(Posture.production());
    const stack = new Stack(app, 'Backend', { terminationProtection: true });
    const encryptionKey = new kms.Key(stack, 'Key');

    // WHEN
    new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), encryptionKey });

    // THEN
    const keyArn = stack.resolve(encryptionKey.keyArn);
    Template.fromStack(stack).hasResourceProperties(INSTANCE, { KmsKeyId: keyArn, PerformanceInsightsKMSKeyId: keyArn, MasterUserSecret: Match.absent() });
  });

  test('an RDS-managed secret takes a key that the broker may use through Secrets Manager only', () => {
    // GIVEN
    const app = newApp();
    const stack = new Stack(app, 'Backend');
    const encryptionKey = new kms.Key(stack, 'Key');

    // WHEN
    new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), adminSecret: AdminSecret.rdsManaged({ encryptionKey }) });

    // THEN
    const template = Template.fromStack(stack);
    const keyArn = stack.resolve(encryptionKey.keyArn);
    template.hasResourceProperties(INSTANCE, { ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: keyArn } });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Action: 'kms:Decrypt',
          Effect: 'Allow',
          Resource: keyArn,
          Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] } } },
        }]),
      },
    });
  });

  test('a generated admin secret is generated in one way for ever, because a change would change the password', () => {
    const template = serverTemplate({ adminSecret: AdminSecret.generated() });
    expect(onlyProperties(template, 'AWS::SecretsManager::Secret')).toEqual({
      Description: 'Admin of a PostgreSQL server',
      GenerateSecretString: { SecretStringTemplate: '{"username":"postgres"}', GenerateStringKey: 'password', PasswordLength: 40, ExcludePunctuation: true },
    });
    template.hasResourceProperties(INSTANCE, {
      ManageMasterUserPassword: Match.absent(),
      MasterUserPassword: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: Match.stringLikeRegexp('AdminSecret') }, ':SecretString:password::}}']] },
    });
  });

  test('given security groups are used as they are', () => {
    // GIVEN
    const app = newApp();
    const stack = new Stack(app, 'Backend');
    const vpc = newVpc(stack);
    const imported = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Imported', 'sg-12345678');

    // WHEN
    const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, securityGroups: [imported] });

    // THEN
    const template = Template.fromStack(stack);
    expect(postgres.connections.securityGroups).toEqual([imported]);
    template.hasResourceProperties(INSTANCE, { VPCSecurityGroups: ['sg-12345678'] });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-12345678', FromPort: 5432 });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { DestinationSecurityGroupId: 'sg-12345678', FromPort: 5432 });
  });

  test('a security group that others manage gets no rule', () => {
    // GIVEN
    const app = newApp();
    const stack = new Stack(app, 'Backend');
    const immutable = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Imported', 'sg-12345678', { mutable: false });

    // WHEN
    new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), securityGroups: [immutable] });

    // THEN
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('an instance restored from a snapshot inherits what the snapshot decides and gets a new password', () => {
    const template = serverTemplate({ snapshotIdentifier: 'before-the-accident' });
    template.hasResourceProperties(INSTANCE, {
      DBSnapshotIdentifier: 'before-the-accident',
      MasterUsername: Match.absent(),
      StorageEncrypted: Match.absent(),
      ManageMasterUserPassword: Match.absent(),
      MasterUserPassword: Match.anyValue(),
    });
  });

  test('a server restored from a snapshot takes over the databases and users that came with it, unless one says otherwise', () => {
    // GIVEN
    const { stack, postgres } = newServer({ snapshotIdentifier: 'before-the-accident' });
    postgres.database.addUser('Api');
    postgres.addDatabase('mine', { adoptExisting: AdoptExisting.refuse() });

    // WHEN
    const template = Template.fromStack(stack);

    // THEN
    template.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'app', AdoptExisting: 'true' });
    template.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'mine', AdoptExisting: 'false' });
    template.hasResourceProperties('Custom::PostgresUser', { AdoptExisting: 'true' });
  });

  test('an instance restored from a snapshot may have a managed password, with a warning', () => {
    const { stack } = newServer({ snapshotIdentifier: 'snap', adminSecret: AdminSecret.rdsManaged() });
    Template.fromStack(stack).hasResourceProperties(INSTANCE, { DBSnapshotIdentifier: 'snap', ManageMasterUserPassword: true, MasterUserPassword: Match.absent() });
    Annotations.fromStack(stack).hasWarning('/Backend/Postgres', Match.stringLikeRegexp('AdminSecret.generated'));
  });

  test('explicit subnets win over the placement', () => {
    // GIVEN
    const app = newApp();
    const stack = new Stack(app, 'Backend');
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, restrictDefaultSecurityGroup: false });

    // WHEN
    new PrivatePostgres(stack, 'Default', { vpc });
    new PrivatePostgres(stack, 'Explicit', { vpc, vpcSubnets: { subnets: [...vpc.privateSubnets].reverse() } });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', { SubnetIds: [{ Ref: Match.stringLikeRegexp('PrivateSubnet1') }, Match.anyValue()] });
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', { SubnetIds: [{ Ref: Match.stringLikeRegexp('PrivateSubnet2') }, Match.anyValue()] });
  });
});

describe('metrics', () => {
  test('have the names of AWS and a statistic that shows the trouble', () => {
    const { postgres, stack } = newServer();
    const metrics = [postgres.metricCpuUtilization(), postgres.metricDatabaseConnections(), postgres.metricFreeableMemory(), postgres.metricFreeStorageSpace(), postgres.metric('ReadLatency')];
    expect(metrics.map(metric => [metric.metricName, metric.statistic])).toEqual([
      ['CPUUtilization', 'Average'], ['DatabaseConnections', 'Maximum'], ['FreeableMemory', 'Minimum'], ['FreeStorageSpace', 'Minimum'], ['ReadLatency', 'Average'],
    ]);
    expect(stack.resolve(metrics[0].dimensions)).toEqual({ DBInstanceIdentifier: { Ref: 'Postgres9DC8BB04' } });
  });

  test('take options', () => {
    const { postgres } = newServer();
    expect(postgres.metricCpuUtilization({ statistic: 'p99', period: Duration.minutes(1) })).toMatchObject({ statistic: 'p99', period: Duration.minutes(1) });
  });
});

describe('two servers', () => {
  test('stand in one stack with everything of their own', () => {
    // GIVEN
    const app = newApp();
    const stack = new Stack(app, 'Backend');
    const vpc = newVpc(stack);

    // WHEN
    new PrivatePostgres(stack, 'Orders', { vpc }).database.addUser('Api');
    new PrivatePostgres(stack, 'Stock', { vpc }).database.addUser('Api');

    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs(INSTANCE, 2);
    template.resourceCountIs('AWS::Lambda::Function', 4);
    template.resourceCountIs('Custom::PostgresUser', 2);
  });
});

describe('a server refuses', () => {
  const failing: Array<[string, () => unknown, RegExp]> = [
    ['fails where subnets are in one zone only', () => {
      const stack = new Stack(newApp(), 'Backend');
      const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0, subnetConfiguration: [{ name: 'i', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
      return new PrivatePostgres(stack, 'Postgres', { vpc });
    }, /The subnets of this server are in one availability zone, but RDS needs two.*at 'Backend\/Postgres'/],
    ['fails in public subnets', () => {
      const stack = new Stack(newApp(), 'Backend');
      return new PrivatePostgres(stack, 'Postgres', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    }, /public subnets/],
    ['fails with an empty list of security groups', () => newServer({ securityGroups: [] }), /`securityGroups` must not be empty/],
    ['fails with too little storage', () => newServer({ allocatedStorage: Size.gibibytes(10) }), /`allocatedStorage` must be a whole number of GiB from 20 to 65536, got 10 GiB/],
    ['fails with a limit of storage that is too near', () => newServer({ allocatedStorage: Size.gibibytes(100), maxAllocatedStorage: Size.gibibytes(105) }), /at least 10 % more than `allocatedStorage`: 100 GiB × 1.1, rounded up to 110 GiB, got 105 GiB/],
    ['fails with backups of more than 35 days', () => newServer({ backupRetention: Duration.days(36) }), /`backupRetention` must be a whole number of days from 0 to 35, got 36 days/],
    ['fails with backups of half a day', () => newServer({ backupRetention: Duration.hours(12) }), /days from 0 to 35, got 0.5 days/],
    ['fails with half a gibibyte too much', () => newServer({ allocatedStorage: Size.mebibytes(20.5 * 1024) }), /a whole number of GiB from 20 to 65536, got 20.5 GiB/],
    ['fails with a version that only the deployment knows', () => PostgresVersion.of(Token.asString({ Ref: 'Version' })), /isn't known until deployment \(it's a token\).*second argument/],
    ['fails with a port that RDS does not take', () => newServer({ port: 80 }), /from 1150 to 65535, got 80/],
    ['fails with an admin that RDS reserves', () => newServer({ adminUsername: 'rdsadmin' }), /got 'rdsadmin'. RDS reserves names that start with 'pg_', and .*'rdsadmin'/],
    ['fails with an admin that is no identifier', () => newServer({ adminUsername: '1st' }), /`adminUsername` must be 1 to 63 letters, digits and '_', without a digit at the start, got '1st'/],
    ['fails where TLS is decided in two places', () => newServer({ parameters: { 'rds.force_ssl': '0' } }), /`parameters` can't contain `rds.force_ssl`, because `forceSsl` decides it/],
    ['fails where connections are decided in two places', () => newServer({ maxConnections: 100, parameters: { max_connections: '200' } }), /`maxConnections` and the parameter `max_connections` are both set/],
    ['fails with a number of connections that PostgreSQL does not take', () => newServer({ maxConnections: 0 }), /`maxConnections` must be a whole number of at least 6, got 0/],
    ['fails with a key for an instance from a snapshot', () => {
      const stack = new Stack(newApp(), 'Backend');
      return new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), snapshotIdentifier: 'snap', encryptionKey: new kms.Key(stack, 'Key') });
    }, /a restored instance keeps the snapshot's key/],
    ['fails with what is no name of an extension', () => newServer({ extensions: ['pgcrypto; DROP TABLE x'] }), /'pgcrypto; DROP TABLE x' isn't a valid extension name/],
    ['fails with an extension listed twice', () => newServer({ extensions: ['pgcrypto', 'pgcrypto'] }), /`extensions` contains 'pgcrypto' twice/],
    ['fails with more certificate authorities than a secret holds', () => newServer({ caCertificates: PemFile.fromText(FAKE_CA.repeat(1000)) }), /`caCertificates` has \d+ bytes, and at most 49152 fit/],
    ['fails with a certificate authority that is no PEM', () => newServer({ caCertificates: PemFile.fromText('roots.pem') }), /`caCertificates` must contain certificates in PEM format/],
    ['fails in a region without known roots', () => newServer({}, undefined, { env: { region: 'us-gov-west-1' } }), /doesn't contain the RDS root certificates for region 'us-gov-west-1'.*`caCertificates: /],
    ['fails with a version below 15', () => PostgresVersion.of('14.9'), /'14.9' isn't supported/],
    ['fails with what is no version', () => PostgresVersion.of('latest'), /'latest' isn't supported/],
  ];

  test.each(failing)('%s', (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
