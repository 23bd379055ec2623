import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { Posture } from '../../posture';
import { referWeakly } from '../../private/cross-stack';
import type { BrokerProps } from '../broker';
import { adminSecretStatements, userSecretStatement } from '../broker-policy';
import { ConductorEnv, SqlEnv } from '../broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS, MAX_EVENT_AGE_SECONDS, SQL_FUNCTION_TIMEOUT_SECONDS } from '../conductor.contract';

/** What Lambda does, with the function's role, to give a function interfaces in a network. */
const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** A function of the broker, and what must be there while it works. */
export interface BrokerFunction {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.ILogGroup;
  readonly dependencies: IConstruct[];
}

/** The function that speaks SQL: in the database's subnets, with no permissions but its interfaces and its log group. */
export function createSqlFunction(scope: Construct, props: BrokerProps, securityGroup: ec2.ISecurityGroup): BrokerFunction {
  const logGroup = createLogGroup(scope, 'SqlLogs');
  const { role, policy } = createRole(scope, 'Sql', logGroup, () => networkInterfaceStatements(scope));
  const sql = new props.engine.sql(scope, 'Sql', {
    description: 'Runs SQL for the databases and users that stacks declare',
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(SQL_FUNCTION_TIMEOUT_SECONDS),
    environment: { [SqlEnv.HOST]: props.server.endpoint, [SqlEnv.PORT]: props.portText },
    vpc: props.server.vpc,
    vpcSubnets: props.vpcSubnets,
    securityGroups: [securityGroup],
    role,
    logGroup,
  });
  sql.node.addDependency(policy);
  return { function: sql, role, logGroup, dependencies: [sql, policy, logGroup] };
}

/** The function that answers CloudFormation: outside the network, with the permissions that the other must not have. */
export function createConductor(scope: Construct, props: BrokerProps, sql: BrokerFunction): BrokerFunction {
  const logGroup = createLogGroup(scope, 'ConductorLogs');
  const { role, policy } = createRole(scope, 'Conductor', logGroup, (own) => conductorStatements(scope, props, sql.function, own));
  const conductor = new props.engine.conductor(scope, 'Conductor', {
    description: `Makes the ${props.engine.name} databases and users that stacks declare`,
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(CONDUCTOR_TIMEOUT_SECONDS),
    environment: conductorEnvironment(props, sql),
    retryAttempts: 0,
    maxEventAge: Duration.seconds(MAX_EVENT_AGE_SECONDS),
    role,
    logGroup,
  });
  conductor.node.addDependency(policy);
  // Apart from the other: the function waits for that one, and this one names the function.
  const handOver = new iam.Policy(scope, 'ConductorHandOver', {
    roles: [role],
    statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [conductor.functionArn] })],
  });
  referWeakly(conductor, role);
  return { function: conductor, role, logGroup, dependencies: [conductor, policy, handOver, logGroup] };
}

function createLogGroup(scope: Construct, id: string): logs.LogGroup {
  const posture = Posture.of(scope);
  return new logs.LogGroup(scope, id, { retention: posture.logRetention, removalPolicy: posture.removalPolicy });
}

function createRole(
  scope: Construct, id: string, logGroup: logs.LogGroup, statementsOf: (role: iam.Role) => iam.PolicyStatement[],
): { role: iam.Role; policy: iam.Policy } {
  const role = new iam.Role(scope, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const policy = new iam.Policy(scope, `${id}Policy`, {
    roles: [role],
    statements: [
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      ...statementsOf(role),
    ],
  });
  return { role, policy };
}

/**
 * Lambda needs these on every resource, for itself. The function's code does not: calls of code carry the ARN of its
 * function, and are denied.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function networkInterfaceStatements(scope: Construct): iam.PolicyStatement[] {
  const anyFunction = Stack.of(scope).formatArn({ service: 'lambda', resource: 'function', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return [
    new iam.PolicyStatement({ actions: NETWORK_INTERFACE_ACTIONS, resources: ['*'] }),
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } },
    }),
  ];
}

function conductorStatements(scope: Construct, props: BrokerProps, sql: lambda.IFunction, role: iam.IRole): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [sql.functionArn] }),
    userSecretStatement(role),
    ...adminSecretStatements(scope, props.adminSecret, props.adminSecretKey),
    ...props.watch.statements,
  ];
}

function conductorEnvironment(props: BrokerProps, sql: BrokerFunction): { [name: string]: string } {
  return {
    [ConductorEnv.SQL_FUNCTION]: sql.function.functionName,
    [ConductorEnv.SQL_LOG_GROUP]: sql.logGroup.logGroupName,
    [ConductorEnv.HOST]: props.server.endpoint,
    [ConductorEnv.PORT]: props.portText,
    [ConductorEnv.ADMIN_SECRET_ARN]: props.adminSecret.secretArn,
    [ConductorEnv.ADMIN_USERNAME]: props.adminUsername,
    ...props.watch.environment,
    [ConductorEnv.SERVER_OWNED]: String(props.owned),
  };
}
