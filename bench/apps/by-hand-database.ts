import { Duration, RemovalPolicy, Stack, type CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { BundledFunction, createCustomResource, createGroup, openPath } from './by-hand-parts';

const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
];
const PROTECTED_TABLES = ['goose_db_version', 'schema_migrations'];

/** A server, the functions that run SQL on it, a database and users. */
export class ByHandDatabase extends Construct {
  public readonly group: ec2.SecurityGroup;
  public readonly server: rds.CfnDBInstance;
  public readonly users: CustomResource[] = [];
  private readonly conductor: BundledFunction;
  private readonly needed: IConstruct[];
  private readonly database: CustomResource;

  constructor(scope: Construct, id: string, private readonly vpc: ec2.IVpc, private readonly root: string) {
    super(scope, id);
    this.group = createGroup(this, 'Group', vpc, 'PostgreSQL server');
    this.server = this.createServer();
    const sqlGroup = createGroup(this, 'SqlGroup', vpc, 'Function that runs SQL');
    const rules = openPath(sqlGroup, this.group, 5432, 'SQL function to the database');
    const sql = this.createSqlFunction(sqlGroup);
    this.conductor = this.createConductor(sql);
    this.needed = [...rules, ...sql.all, ...this.conductor.all, this.server];
    this.database = createCustomResource(this, 'Database', {
      serviceToken: this.conductor.function.functionArn,
      serviceTimeout: Duration.seconds(960),
      resourceType: 'Custom::PostgresDatabase',
      properties: {
        DatabaseName: 'app',
        Extensions: ['pgcrypto'],
        Settings: { idle_in_transaction_session_timeout: '60000ms' },
        ProtectedTables: PROTECTED_TABLES,
        RemovalPolicy: 'retain',
        Server: this.server.attrEndpointAddress,
      },
    }, ...this.needed);
  }

  public addUser(id: string, access: string): CustomResource {
    const secret = new secretsmanager.CfnSecret(this, `${id}Secret`, { description: `PostgreSQL user ${id}` });
    const policy = new iam.Policy(this, `${id}Policy`, {
      policyName: `Conductor${id}`,
      roles: [this.conductor.role],
      statements: [new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'], resources: [secret.ref] })],
    });
    const user = createCustomResource(this, `${id}User`, {
      serviceToken: this.conductor.function.functionArn,
      serviceTimeout: Duration.seconds(960),
      resourceType: 'Custom::PostgresUser',
      properties: {
        Username: id.toLowerCase(),
        DatabaseName: 'app',
        Access: access,
        SecretArn: secret.ref,
        ConnectionLimit: '10',
        Settings: access === 'OWNER' ? { lock_timeout: '5000ms' } : { statement_timeout: '30000ms' },
        OnRemoval: 'REASSIGN',
        ProtectedTables: PROTECTED_TABLES,
        Server: this.server.attrEndpointAddress,
      },
    }, ...this.needed, this.database, policy, ...this.users.slice(-1));
    this.users.push(user);
    return user;
  }

  /** What SQL of others has to wait for. */
  public get ready(): IConstruct[] {
    return [this.database, ...this.users];
  }

  private createServer(): rds.CfnDBInstance {
    const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });
    const instance = new rds.DatabaseInstance(this, 'Server', {
      vpc: this.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [this.group],
      engine,
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine,
        description: 'Parameters of a PostgreSQL server',
        parameters: {
          'log_lock_waits': '1',
          'log_min_duration_statement': '1000',
          'rds.accepted_password_auth_method': 'scram',
          'rds.force_ssl': '1',
          'shared_preload_libraries': 'pg_stat_statements',
        },
      }),
      manageMasterUserPassword: true,
      credentials: rds.Credentials.fromUsername('postgres'),
      port: 5432,
      multiAz: false,
      allocatedStorage: 20,
      maxAllocatedStorage: 100,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      autoMinorVersionUpgrade: true,
      allowMajorVersionUpgrade: false,
      backupRetention: Duration.days(7),
      deleteAutomatedBackups: true,
      deletionProtection: false,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return instance.node.defaultChild as rds.CfnDBInstance;
  }

  private createSqlFunction(group: ec2.SecurityGroup): BundledFunction {
    const sql = new BundledFunction(this, 'Sql', this.root, 'postgres/broker/sql.lambda', {
      description: 'Runs SQL for databases and users',
      vpc: this.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [group],
      timeout: Duration.minutes(14),
    });
    sql.allow(NETWORK_ACTIONS, ['*']);
    sql.allow(NETWORK_ACTIONS, ['*'], {
      effect: iam.Effect.DENY,
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': Stack.of(this).formatArn({ service: 'lambda', resource: 'function:*' }) } },
    });
    sql.function.node.addDependency(sql.policy);
    return sql;
  }

  private createConductor(sql: BundledFunction): BundledFunction {
    const { attrEndpointAddress, attrMasterUserSecretSecretArn, attrDbInstanceArn, ref } = this.server;
    const conductor = new BundledFunction(this, 'Conductor', this.root, 'postgres/broker/conductor.lambda', {
      description: 'Makes databases and users',
      retryAttempts: 0,
      maxEventAge: Duration.minutes(5),
      environment: {
        SQL_FUNCTION: sql.function.functionName,
        HOST: attrEndpointAddress,
        PORT: '5432',
        ADMIN_SECRET_ARN: attrMasterUserSecretSecretArn,
        ADMIN_USERNAME: 'postgres',
        SERVER_KIND: 'instance',
        SERVER_IDENTIFIER: ref,
        SERVER_OWNED: 'true',
      },
    });
    conductor.allow(['lambda:InvokeFunction'], [sql.function.functionArn]);
    conductor.allow(['secretsmanager:GetSecretValue'], [attrMasterUserSecretSecretArn]);
    conductor.allow(['rds:DescribeDBInstances'], [attrDbInstanceArn]);
    conductor.function.node.addDependency(conductor.policy);
    return conductor;
  }
}
