import { CfnParameter, Duration, Fn, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { environmentOf, newCluster, resourcesOf, userDataOf, type ClusterOptions } from './cluster-fixture';
import { Egress, Posture, PostgresAccess, PrivatePostgres, SelfHostedPostgres, type IPostgres } from '../../../src';

const development = Posture.development();

function templateOf(props: ClusterOptions['props'], posture = development): Template {
  return Template.fromStack(newCluster({ props, posture }).stack);
}

describe('the environment file of a node', () => {
  test('has all names of the contract, and no others', () => {
    const environment = environmentOf(Template.fromStack(newCluster().stack), 2);
    expect(Object.keys(environment)).toEqual(['CLUSTER', 'REGION', 'CLUSTER_SECRET', 'BUCKET', 'BACKUP_RETENTION_DAYS', 'NAMESPACE', 'NODE', 'NODES', 'ENDPOINT', 'VOLUME', 'ADMIN_SECRET', 'SIGNER', 'STRICT',
      'PARAMETERS', 'EXTENSIONS', 'TTL', 'LOOP_WAIT', 'RETRY_TIMEOUT', 'FULL_BACKUP', 'DIFF_BACKUP', 'RESTORE_DRILLS']);
    expect(environment).toMatchObject({
      CLUSTER: expect.stringMatching(/^[a-z0-9-]{1,40}$/),
      NODE: '2',
      NODES: expect.stringMatching(/^<PostgresNode1Interface\w+\.PrimaryPrivateIpAddress>,<PostgresNode2Interface\w+\.PrimaryPrivateIpAddress>,<PostgresNode3Interface\w+\.PrimaryPrivateIpAddress>$/),
      ENDPOINT: expect.stringMatching(/^<PostgresBalancer\w+\.DNSName>$/),
      REGION: '<AWS::Region>',
      VOLUME: expect.stringMatching(/^<PostgresNode2Data\w+>$/),
      ADMIN_SECRET: expect.stringMatching(/^<PostgresAdminSecret\w+>$/),
      CLUSTER_SECRET: expect.stringMatching(/^<PostgresClusterSecret\w+>$/),
      SIGNER: expect.stringMatching(/^<PostgresAuthority\w+>$/),
      BUCKET: expect.stringMatching(/^<PostgresBackups\w+>$/),
      STRICT: 'on',
      PARAMETERS: '{"max_connections":"1717"}',
      EXTENSIONS: '',
      TTL: '20',
      LOOP_WAIT: '5',
      RETRY_TIMEOUT: '5',
      BACKUP_RETENTION_DAYS: '35',
      FULL_BACKUP: 'Sun 02:00',
      DIFF_BACKUP: 'Mon..Sat 02:00',
      NAMESPACE: 'CdkPrivateBackend/SelfHostedPostgres',
    });
  });

  test('follows the props, and names of parameters are the same in any case', () => {
    const environment = environmentOf(templateOf({
      parameters: { WORK_MEM: '64MB', Max_Connections: '200' },
      superuserExtensions: ['pg_stat_statements', 'postgres_fdw'],
      ttl: Duration.seconds(30),
      loopWait: Duration.seconds(10),
      retryTimeout: Duration.seconds(10),
      backupRetention: Duration.days(90),
      backupTime: '04:30',
    }), 1);
    expect(environment).toMatchObject({
      STRICT: 'off',
      PARAMETERS: '{"max_connections":"200","work_mem":"64MB"}',
      EXTENSIONS: 'pg_stat_statements,postgres_fdw',
      TTL: '30',
      LOOP_WAIT: '10',
      RETRY_TIMEOUT: '10',
      BACKUP_RETENTION_DAYS: '90',
      FULL_BACKUP: 'Sun 04:30',
      DIFF_BACKUP: 'Mon..Sat 04:30',
    });
  });

  test('takes values that are known only at deployment', () => {
    const { stack, vpc } = newCluster({ posture: development });
    const text = (id: string) => new CfnParameter(stack, id).valueAsString;
    const seconds = (id: string) => Duration.seconds(new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber);
    const connections = new CfnParameter(stack, 'Connections', { type: 'Number' }).valueAsNumber;
    new SelfHostedPostgres(stack, 'Late', { vpc, imageId: text('Image'), parameters: { work_mem: text('Memory') }, maxConnections: connections, ttl: seconds('Ttl'), backupTime: text('Time') });
    expect(environmentOf(Template.fromStack(stack), 1, 'Late')).toMatchObject({
      PARAMETERS: '{"max_connections":"<Connections>","work_mem":"<Memory>"}',
      TTL: '<Ttl>',
      FULL_BACKUP: 'Sun <Time>',
    });
  });

  test('takes a list of extensions that is known only at deployment, and believes it', () => {
    const { stack, vpc } = newCluster({ posture: development });
    const superuserExtensions = Fn.split(' ', new CfnParameter(stack, 'Extensions').valueAsString);
    new SelfHostedPostgres(stack, 'Late', { vpc, superuserExtensions, extensions: ['dblink'] });
    const expected = 'EXTENSIONS=",{"Fn::Join":[",",{"Fn::Split":[" ",{"Ref":"Extensions"}]}]}';
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::EC2::LaunchTemplate')).includes(expected)).toBe(true);
  });

  test('leaves user data far below the 16 KB that EC2 takes', () => {
    const parameters = Object.fromEntries(['work_mem', 'maintenance_work_mem', 'effective_cache_size', 'shared_buffers', 'random_page_cost', 'max_wal_size'].map((name) => [name, '1024MB']));
    const { stack } = newCluster({ props: { parameters, superuserExtensions: ['pg_stat_statements', 'pg_buffercache', 'postgres_fdw'] } });
    expect(Buffer.byteLength(userDataOf(Template.fromStack(stack), 3))).toBeLessThan(8192);
  });

  test('has no secret', () => {
    expect(userDataOf(Template.fromStack(newCluster().stack), 1)).not.toMatch(/resolve:secretsmanager|password/i);
  });
});

describe('props', () => {
  test('decide volumes, and their key encrypts volumes and secrets; EC2 asks for it in the name of the node', () => {
    const { stack, vpc } = newCluster({ posture: development });
    const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    new SelfHostedPostgres(stack, 'Keyed', { vpc, encryptionKey, allocatedStorage: Size.gibibytes(500), iops: 12_000, storageThroughput: Size.mebibytes(750) });
    const template = Template.fromStack(stack);
    const KmsKeyId = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] };
    template.hasResourceProperties('AWS::EC2::Volume', { Size: 500, Iops: 12_000, Throughput: 750, KmsKeyId });
    template.resourcePropertiesCountIs('AWS::SecretsManager::Secret', { KmsKeyId }, 2);
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt', Principal: { AWS: { 'Fn::GetAtt': [Match.stringLikeRegexp('^KeyedNode1Role'), 'Arn'] } } })]) },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:CreateGrant', Condition: Match.objectLike({ Bool: { 'kms:GrantIsForAWSResource': true } }) })]) },
      Roles: [{ Ref: Match.stringLikeRegexp('^KeyedNode1Role') }],
    });
  });

  test('take a key of another stack, which does not learn of the cluster', () => {
    const { app, stack, vpc } = newCluster({ posture: development });
    const keys = new Stack(app, 'Keys');
    new SelfHostedPostgres(stack, 'Keyed', { vpc, encryptionKey: new kms.Key(keys, 'Key', { enableKeyRotation: true }) });
    expect(keys.dependencies).toEqual([]);
    expect(JSON.stringify(Template.fromStack(keys).toJSON())).not.toContain('Keyed');
  });

  test('decide the image: one of your own needs no mirrors, and may be in isolated subnets with endpoints', () => {
    const { stack, vpc } = newCluster({ posture: development, network: { egress: Egress.vpcEndpoints() }, props: { imageId: 'ami-0123456789abcdef0' } });
    const { AUTOSCALING, CLOUDFORMATION, CLOUDWATCH_MONITORING, EC2, LAMBDA } = ec2.InterfaceVpcEndpointAwsService;
    Object.entries({ AUTOSCALING, CLOUDFORMATION, CLOUDWATCH_MONITORING, EC2, LAMBDA }).forEach(([id, service]) => vpc.addInterfaceEndpoint(id, { service }));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: Match.objectLike({ ImageId: 'ami-0123456789abcdef0' }) });
    template.hasResourceProperties('AWS::EC2::NetworkInterface', { SubnetId: stack.resolve(vpc.isolatedSubnets[0].subnetId) });
    expect(JSON.stringify(template.findResources('AWS::EC2::SecurityGroup'))).not.toContain('Debian packages');
  });

  test.each([
    ['instances with a processor of Intel or AMD', { instanceType: new ec2.InstanceType('m7i.large') }, { ImageId: 'resolve:ssm:/aws/service/debian/release/13/latest/amd64', InstanceType: 'm7i.large' }],
    ['instances with Graviton', { instanceType: new ec2.InstanceType('c8g.xlarge') }, { ImageId: 'resolve:ssm:/aws/service/debian/release/13/latest/arm64', InstanceType: 'c8g.xlarge' }],
  ])('decide the type: %s', (_, props, expected) => {
    templateOf(props).hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: Match.objectLike(expected) });
  });

  test('decide how backups, volumes and secrets are kept', () => {
    const template = templateOf({ removalPolicy: RemovalPolicy.RETAIN, backupRetention: Duration.days(14) });
    for (const type of ['AWS::EC2::Volume', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret']) {
      template.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
    template.hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 14 } })] } });
  });

  test('decide the admin, the first database and its owner', () => {
    const template = templateOf({ adminUsername: 'root_of_shop', databaseName: 'shop', extensions: ['pgcrypto', 'pg_stat_statements'], superuserExtensions: ['pg_stat_statements'] });
    template.hasResourceProperties('AWS::SecretsManager::Secret', { GenerateSecretString: Match.objectLike({ SecretStringTemplate: '{"username":"root_of_shop"}' }) });
    template.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'shop', Extensions: ['pg_stat_statements', 'pgcrypto'] });
  });
});

describe('a node that is stopped', () => {
  const props = { nodes: 3, stoppedNodes: [2] };
  const groups = resourcesOf(Template.fromStack(newCluster({ props }).stack), 'AWS::AutoScaling::AutoScalingGroup').filter(([id]) => /Node\d/.test(id)).map(([, group]) => group);

  test('has no instance, and no deployment waits for one', () => {
    expect(groups.map(({ Properties: { MinSize, MaxSize } }) => [MinSize, MaxSize])).toEqual([['1', '1'], ['0', '0'], ['1', '1']]);
    expect(groups.map(({ CreationPolicy, UpdatePolicy }) => [CreationPolicy !== undefined, UpdatePolicy !== undefined])).toEqual([[true, true], [false, false], [true, true]]);
  });

  test('keeps its place in the order, its volume and its address', () => {
    const before = Template.fromStack(newCluster({ props: { nodes: 3 } }).stack);
    const after = Template.fromStack(newCluster({ props }).stack);
    expect(Object.keys(after.toJSON().Resources)).toEqual(Object.keys(before.toJSON().Resources));
    for (const type of ['AWS::EC2::Volume', 'AWS::EC2::NetworkInterface', 'AWS::EC2::LaunchTemplate', 'AWS::ElasticLoadBalancingV2::TargetGroup']) {
      expect(after.findResources(type)).toEqual(before.findResources(type));
    }
  });
});

describe('in the place of a server of RDS', () => {
  const kinds: [string, (stack: Stack, vpc: ec2.IVpc) => IPostgres][] = [
    ['RDS', (stack, vpc) => new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'shop', extensions: ['pgcrypto'] })],
    ['instances', (stack, vpc) => new SelfHostedPostgres(stack, 'Postgres', { vpc, databaseName: 'shop', extensions: ['pgcrypto'] })],
  ];

  test('databases and users are the same but for their server', () => {
    const [rds, own] = kinds.map(([, create]) => {
      const { stack, vpc } = newCluster({ posture: development });
      stack.node.tryRemoveChild('Postgres');
      const postgres = create(stack, vpc);
      postgres.addUser('Api');
      postgres.addDatabase('Orders').addUser('Reports', { access: PostgresAccess.READ_ONLY });
      const template = Template.fromStack(stack);
      return ['Custom::PostgresDatabase', 'Custom::PostgresUser'].flatMap((type) => resourcesOf(template, type)).map(([id, { Properties: { Server, CaBundle, RepairRevision, MaxConnections, RdsRoots, Hosts, ...rest } }]) => [id, rest]);
    });
    expect(own).toEqual(rds);
    expect(own.length).toBe(4);
  });

  test('metrics have the same names, of the node that is worst off', () => {
    const { postgres } = newCluster();
    expect([postgres.metricCpuUtilization(), postgres.metricDatabaseConnections(), postgres.metricFreeableMemory(), postgres.metricFreeStorageSpace()].map(({ namespace, metricName, statistic, dimensions }) => [namespace, metricName, statistic, dimensions]))
      .toEqual([['CPUUtilization', 'Maximum'], ['DatabaseConnections', 'Maximum'], ['FreeableMemory', 'Minimum'], ['FreeStorageSpace', 'Minimum']]
        .map(([name, statistic]) => ['CdkPrivateBackend/SelfHostedPostgres', name, statistic, { Cluster: postgres.clusterName }]));
    expect(postgres._limits()).toMatchObject({ maxConnections: 1717, declaredConnections: '1717', growsStorage: false, pauses: false });
    expect(postgres._limits().memory?.toGibibytes()).toBe(16);
  });
});

describe('fails', () => {
  test.each(['adminSecret', 'capacity', 'deletionProtection', 'maxAllocatedStorage', 'multiAz', 'preferredBackupWindow', 'snapshotIdentifier'])('where `%s` of a server of RDS would be lost', (prop) => {
    expect(() => newCluster({ posture: development, props: { [prop]: true } })).toThrow(new RegExp(`\`${prop}\` is not a prop of this construct`));
  });

  test('with three nodes in a network of two zones', () => {
    expect(() => newCluster({ posture: Posture.production({ terminationProtection: false, maxAzs: 2 }) })).toThrow(/needs 3 availability zones, one for each instance/);
  });

  test('in a network without a way to the mirrors of Debian', () => {
    expect(() => newCluster({ posture: development, network: { egress: Egress.vpcEndpoints() } })).toThrow(/can't reach the mirrors of their packages/);
  });

  test.each([['iops', { iops: 2000 }], ['iops', { iops: 20_000, allocatedStorage: Size.gibibytes(20) }]])('with %s out of range', (name, props) => {
    expect(() => newCluster({ posture: development, props })).toThrow(new RegExp(`\`${name}\` must be`));
  });

  test.each([['ttl', { ttl: Duration.seconds(15) }], ['loopWait', { loopWait: Duration.millis(500) }], ['retryTimeout', { retryTimeout: Duration.seconds(2) }]])('with `%s` below what Patroni takes', (name, props) => {
    expect(() => newCluster({ posture: development, props })).toThrow(new RegExp(`\`${name}\` must be from`));
  });

  test.each([['admin', 'Admin'], ['the replication user', 'replicator'], ['a reserved name', 'pg_admin']])('with an admin named like %s', (_, adminUsername) => {
    expect(() => newCluster({ posture: development, props: { adminUsername } })).toThrow(/`adminUsername` must be/);
  });

  test.each(['archive_command', 'ARCHIVE_MODE', 'hba_file', 'listen_addresses', 'ssl', 'ssl_min_protocol_version', 'synchronous_commit', 'synchronous_standby_names', 'recovery_target_time', 'fsync'])('with parameter %s, which the cluster owns', (name) => {
    expect(() => newCluster({ posture: development, props: { parameters: { [name]: 'x' } } })).toThrow(/because the cluster sets it to keep its nodes together/);
  });

  test('with an extension of a later database that needs a superuser', () => {
    const { postgres } = newCluster({ posture: development });
    expect(() => postgres.addDatabase('Reports', { extensions: ['dblink'] })).toThrow(/superuserExtensions: \['dblink'\]/);
  });

  test('with an image of your own in isolated subnets without endpoints', () => {
    const { app } = newCluster({ posture: development, network: { egress: Egress.vpcEndpoints() }, props: { imageId: 'ami-0123456789abcdef0' } });
    expect(() => app.synth()).toThrow(/can't reach 'autoscaling' to take part in launches and terminations/);
  });

  test('with a user that has the name of the admin', () => {
    const { postgres } = newCluster({ posture: development });
    expect(() => postgres.addUser('BackendAdmin')).toThrow(/backend_admin/);
  });
});
