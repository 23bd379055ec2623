import { Duration, Fn, Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  familyOf, findPermissions, grantAll, logPermission, ownTaskPermission, passPermission, rolesOf, startPermission, statementOf, tagPermission, type RunTarget,
} from './run-permissions';
import { runProperties, type RunNetwork } from './run-properties';
import { StarterVariable } from './start-task.contract';
import { Posture } from '../../posture';
import { dataRemovalPolicy } from '../../posture/shared/data-removal';
import { describe } from '../../posture/shared/describe';
import { referWeakly } from '../../private/cross-stack';
import { StartTaskFunction } from '../start-task-function';

/** Below the 60 seconds after which the AWS CLI gives up an invocation and makes another. */
const TIMEOUT = Duration.seconds(45);

/** What is started for people. */
export interface TaskStarterProps extends RunTarget, RunNetwork {
  /** Name of the container whose log people read. */
  readonly container: string;
  /** First part of the names of its log streams. */
  readonly logStreamPrefix: string;
  /** In place of on-demand capacity. */
  readonly capacityProviders?: ecs.CapacityProviderStrategy[];
  /** Whether no second task may run beside one of the family. */
  readonly exclusive: boolean;
}

/**
 * A function that starts one task, always the same: who may invoke it may run the task, and no other program as its roles. It is not in the
 * VPC, because it calls nothing but ECS.
 */
export class TaskStarter extends Construct {
  /** AWS CLI command that starts the task and prints the function's answer alone, without what the CLI says of the invocation. */
  public readonly command: string;

  private readonly starter: lambda.Function;

  /** @param owner the construct whose task it is */
  constructor(private readonly owner: Construct, id: string, private readonly props: TaskStarterProps) {
    super(owner, id);
    const logGroup = new logs.LogGroup(this, 'LogGroup', { retention: Posture.of(owner).logRetention, removalPolicy: dataRemovalPolicy(owner) });
    this.starter = this.createFunction(this.createRole(logGroup), logGroup);
    referWeakly(this.starter);
    describe(this, this.starter, () => ({ kind: 'starter', of: owner }));
    this.command = `aws lambda invoke --region ${Stack.of(this).region} --function-name ${this.starter.functionName} /dev/fd/3 3>&1 >/dev/null`;
  }

  /** Lets a principal start the task, see and stop tasks of this one construct, and read their log. */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    const { cluster, logGroup } = this.props;
    const readLog = logPermission(logGroup);
    return grantAll(grantee, [
      { actions: ['lambda:InvokeFunction'], resources: [this.starter.functionArn] },
      ownTaskPermission(this.owner, cluster, ['ecs:DescribeTasks', 'ecs:StopTask']),
      { ...readLog, actions: [...readLog.actions, 'logs:FilterLogEvents'] },
    ]);
  }

  private createRole(logGroup: logs.ILogGroup): iam.Role {
    const { cluster, taskDefinition, exclusive } = this.props;
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const permissions = [
      startPermission(cluster, [familyOf(taskDefinition)]),
      tagPermission(this, cluster),
      passPermission(rolesOf(taskDefinition)),
      ...(exclusive ? findPermissions(this, cluster) : []),
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ];
    permissions.forEach((permission) => role.addToPolicy(statementOf(permission)));
    return role;
  }

  private createFunction(role: iam.Role, logGroup: logs.ILogGroup): lambda.Function {
    return new StartTaskFunction(this, 'Resource', {
      description: 'Starts one task for people, and reads nothing of what they send',
      role,
      logGroup,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      timeout: TIMEOUT,
      // One invocation is one task, whatever becomes of it.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      environment: this.renderEnvironment(),
    });
  }

  private renderEnvironment(): { [name: string]: string } {
    const { container, logStreamPrefix, capacityProviders, exclusive } = this.props;
    const target = runProperties(this.props, this.props);
    return {
      [StarterVariable.CLUSTER]: target.Cluster,
      [StarterVariable.TASK_DEFINITION]: target.TaskDefinition,
      [StarterVariable.CONTAINER]: container,
      [StarterVariable.SUBNETS]: Fn.join(',', target.Subnets),
      [StarterVariable.SECURITY_GROUPS]: Fn.join(',', target.SecurityGroups),
      [StarterVariable.ASSIGN_PUBLIC_IP]: target.AssignPublicIp,
      [StarterVariable.LOG_GROUP]: target.LogGroup,
      [StarterVariable.LOG_STREAM_PREFIX]: logStreamPrefix,
      ...(capacityProviders === undefined ? {} : { [StarterVariable.CAPACITY_PROVIDERS]: Stack.of(this).toJsonString(capacityProviders) }),
      ...(exclusive ? { [StarterVariable.EXCLUSIVE]: 'true' } : {}),
    };
  }
}
