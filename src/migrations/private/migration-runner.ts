import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { runPermissions, type RunTarget } from '../../fargate/shared/run-permissions';
import { RunMigrationFunction } from '../run-migration-function';

/**
 * The function that runs a migration for CloudFormation. It is not in the VPC: it calls AWS, never the database, and must
 * work before, and after, the network does.
 */
export class MigrationRunner extends Construct {
  /** What the custom resource calls. */
  public readonly serviceToken: string;

  constructor(scope: Construct, id: string, target: RunTarget, private readonly log: Pick<logs.LogGroupProps, 'retention' | 'removalPolicy'>) {
    super(scope, id);
    const logGroup = this.createLogGroup();
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const runner = this.createFunction(role, logGroup);
    this.createPolicy(role, runner, logGroup, target);
    this.serviceToken = runner.functionArn;
  }

  private createLogGroup(): logs.LogGroup {
    return new logs.LogGroup(this, 'LogGroup', this.log);
  }

  private createFunction(role: iam.IRole, logGroup: logs.ILogGroup): lambda.Function {
    return new RunMigrationFunction(this, 'Resource', {
      description: `Runs the migrations of ${this.node.scope!.node.path}`,
      role,
      logGroup,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      // The most there is; a longer migration is handed from one invocation to the next.
      timeout: Duration.minutes(15),
    });
  }

  /** Apart from the role: CDK makes a function wait for its role's own policy, and this one names the function. */
  private createPolicy(role: iam.IRole, runner: lambda.IFunction, logGroup: logs.ILogGroup, target: RunTarget): void {
    new iam.Policy(this, 'Policy', {
      roles: [role],
      statements: [
        ...runPermissions(target).map((permission) => new iam.PolicyStatement(permission)),
        new iam.PolicyStatement({ actions: ['cloudformation:DescribeStackEvents', 'cloudformation:DescribeStacks'], resources: [Stack.of(this).stackId] }),
        new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [runner.functionArn] }),
        new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      ],
    });
  }
}
