import { Duration, Stack, type CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { BundledFunction, createCustomResource, createGroup, openPath } from './by-hand-parts';

const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
];
const PROTECTED_TABLES = ['goose_db_version', 'schema_migrations'];

/** A PostgreSQL server, whatever makes it. */
export interface ByHandServer {
  /** What is there when the server is. */
  readonly resources: IConstruct[];
  readonly kind: 'instance' | 'cluster';
  readonly identifier: string;
  readonly arn: string;
  readonly endpoint: string;
  readonly secretArn: string;
}

export interface ByHandDatabaseOptions {
  readonly name: string;
  readonly extensions?: string[];
  readonly createServer: (scope: Construct, vpc: ec2.IVpc, group: ec2.SecurityGroup) => ByHandServer;
}

/** A server, the functions that run SQL on it, a database and users. */
export class ByHandDatabase extends Construct {
  public readonly group: ec2.SecurityGroup;
  public readonly server: ByHandServer;
  public readonly users: CustomResource[] = [];
  private readonly conductor: BundledFunction;
  private readonly needed: IConstruct[];
  private readonly database?: CustomResource;

  constructor(scope: Construct, id: string, private readonly vpc: ec2.IVpc, private readonly root: string, options: ByHandDatabaseOptions) {
    super(scope, id);
    this.group = createGroup(this, 'Group', vpc, 'PostgreSQL server');
    this.server = options.createServer(this, vpc, this.group);
    const sqlGroup = createGroup(this, 'SqlGroup', vpc, 'Function that runs SQL');
    const rules = openPath(sqlGroup, this.group, 5432, 'SQL function to the database');
    const sql = this.createSqlFunction(sqlGroup);
    this.conductor = this.createConductor(sql);
    this.needed = [...rules, ...sql.all, ...this.conductor.all, ...this.server.resources];
    this.database = this.addDatabase('Database', options.name, options.extensions);
  }

  public addDatabase(id: string, name: string, extensions: string[] = []): CustomResource {
    return createCustomResource(this, id, {
      serviceToken: this.conductor.function.functionArn,
      serviceTimeout: Duration.seconds(960),
      resourceType: 'Custom::PostgresDatabase',
      properties: {
        DatabaseName: name,
        Extensions: extensions,
        Settings: { idle_in_transaction_session_timeout: '60000ms' },
        ProtectedTables: PROTECTED_TABLES,
        RemovalPolicy: 'retain',
        Server: this.server.endpoint,
      },
    }, ...this.needed, ...this.database ? [this.database] : []);
  }

  public addUser(id: string, access: string, databaseName = 'app', database = this.database): CustomResource {
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
        DatabaseName: databaseName,
        Access: access,
        SecretArn: secret.ref,
        ConnectionLimit: '10',
        Settings: access === 'OWNER' ? { lock_timeout: '5000ms' } : { statement_timeout: '30000ms' },
        OnRemoval: 'REASSIGN',
        ProtectedTables: PROTECTED_TABLES,
        Server: this.server.endpoint,
      },
    }, ...this.needed, ...database ? [database] : [], policy, ...this.users.slice(-1));
    this.users.push(user);
    return user;
  }

  /** What SQL of others has to wait for. */
  public get ready(): IConstruct[] {
    return [...this.database ? [this.database] : [], ...this.users];
  }

  private createSqlFunction(group: ec2.SecurityGroup): BundledFunction {
    const sql = new BundledFunction(this, 'Sql', this.root, 'postgres/engine/sql.lambda', {
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
    const { kind, identifier, arn, endpoint, secretArn } = this.server;
    const conductor = new BundledFunction(this, 'Conductor', this.root, 'postgres/engine/conductor.lambda', {
      description: 'Makes databases and users',
      retryAttempts: 0,
      maxEventAge: Duration.minutes(5),
      environment: {
        SQL_FUNCTION: sql.function.functionName,
        HOST: endpoint,
        PORT: '5432',
        ADMIN_SECRET_ARN: secretArn,
        ADMIN_USERNAME: 'postgres',
        SERVER_KIND: kind,
        SERVER_IDENTIFIER: identifier,
        SERVER_OWNED: 'true',
      },
    });
    conductor.allow(['lambda:InvokeFunction'], [sql.function.functionArn]);
    conductor.allow(['secretsmanager:GetSecretValue'], [secretArn]);
    conductor.allow([kind === 'cluster' ? 'rds:DescribeDBClusters' : 'rds:DescribeDBInstances'], [arn]);
    conductor.function.node.addDependency(conductor.policy);
    return conductor;
  }
}
