import { CfnResource, Duration, Stack, Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct, type IDependable } from 'constructs';
import {
  familyOf, findPermissions, logPermission, passPermission, rolesOf, startPermission, statementOf, stopPermission, tagPermission, type RunTarget,
} from './run-permissions';
import { Posture } from '../../posture';
import { dataRemovalPolicy } from '../../posture/shared/data-removal';
import { problem } from '../../private/errors';
import { RunTaskFunction } from '../run-task-function';

const ID = 'TaskRunner';

/**
 * What IAM takes of all policies in a role, and what the runner's take of it: for itself, for each cluster, and for the ARNs of family, log and the two
 * roles of each task. Beside the first two stands the number of names in them, which begin with the name of the stack; the last has the names of family
 * and log group besides.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const ROLE_CHARACTERS = 10_240;
const OWN_CHARACTERS = 800;
const OWN_NAMES = 3;
const CLUSTER_CHARACTERS = 1_160;
const CLUSTER_NAMES = 8;
const TASK_CHARACTERS = 315;

/** Length of the end that CloudFormation gives to names. */
const SUFFIX_CHARACTERS = 14;

/** What is run for whom. */
export interface RunnerTask {
  /** What the custom resource calls. */
  readonly serviceToken: string;
  /** What must be there before it is called, and until it has been called for the last time. */
  readonly dependencies: IDependable[];
}

/**
 * The function that runs tasks inside deployments: one for each stack, whatever it runs. It is not in the VPC: it calls AWS, never
 * a database, and must work before, and after, the network does.
 */
export class TaskRunner extends Construct {
  /** The runner of the stack of a construct. */
  public static of(scope: Construct): TaskRunner {
    const stack = Stack.of(scope);
    return stack.node.tryFindChild(ID) as TaskRunner | undefined ?? new TaskRunner(stack, ID, scope);
  }

  private readonly role: iam.Role;
  private readonly runner: lambda.Function;
  private readonly policy: iam.Policy;
  private readonly starts = new Map<string, iam.PolicyStatement>();
  private readonly targets: RunTarget[] = [];
  private ownTasks?: { readonly roles: iam.PolicyStatement; readonly logs: iam.PolicyStatement };

  /** @param user the first construct that has something to run, from whose posture the function's log has its defaults */
  private constructor(stack: Stack, id: string, user: Construct) {
    super(stack, id);
    const logGroup = new logs.LogGroup(this, 'LogGroup', { retention: Posture.of(user).logRetention, removalPolicy: dataRemovalPolicy(user) });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.runner = this.createFunction(logGroup);
    this.policy = this.createPolicy(logGroup);
    this.node.addValidation({ validate: () => this.validateSize() });
  }

  /**
   * Lets the runner run a task.
   *
   * @param owner the construct that the task is for
   */
  public allow(owner: Construct, target: RunTarget): RunnerTask {
    const [ownRoles, givenRoles] = [true, false].map((own) => rolesOf(target.taskDefinition).filter((role) => isBelow(role, owner) === own));
    this.allowFamily(target);
    this.allowOwn(ownRoles, target);
    return { serviceToken: this.runner.functionArn, dependencies: [this, ...givenRoles.length === 0 ? [] : [this.allowGiven(owner, givenRoles)]] };
  }

  private allowOwn(roles: iam.IRole[], target: RunTarget): void {
    const { logGroup } = target;
    this.targets.push(target);
    if (this.ownTasks === undefined) {
      this.ownTasks = { roles: statementOf(passPermission(roles)), logs: statementOf(logPermission(logGroup)) };
      this.policy.addStatements(this.ownTasks.roles, this.ownTasks.logs);
      return;
    }
    this.ownTasks.roles.addResources(...passPermission(roles).resources);
    this.ownTasks.logs.addResources(...logPermission(logGroup).resources);
  }

  /** A role that somebody gave may depend on anything, for which the tasks of others must not wait. */
  private allowGiven(owner: Construct, roles: iam.IRole[]): iam.Policy {
    return new iam.Policy(owner, 'RunnerPolicy', { roles: [this.role], statements: [statementOf(passPermission(roles))] });
  }

  private allowFamily({ cluster, taskDefinition }: RunTarget): void {
    const start = this.starts.get(cluster.clusterArn);
    start?.addResources(familyOf(taskDefinition));
    if (start === undefined) {
      this.allowCluster(cluster, taskDefinition);
    }
  }

  private allowCluster(cluster: ecs.ICluster, taskDefinition: ecs.FargateTaskDefinition): void {
    const start = statementOf(startPermission(cluster, [familyOf(taskDefinition)]));
    this.starts.set(cluster.clusterArn, start);
    this.policy.addStatements(start, ...[...findPermissions(this, cluster), stopPermission(this, cluster), tagPermission(this, cluster)].map(statementOf));
  }

  private createFunction(logGroup: logs.ILogGroup): lambda.Function {
    return new RunTaskFunction(this, 'Resource', {
      description: 'Runs migrations and rehearsals inside deployments of this stack',
      role: this.role,
      logGroup,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      // The most there is; what takes longer is handed from one invocation to the next.
      timeout: Duration.minutes(15),
    });
  }

  /** Apart from the role: CDK makes a function wait for its role's own policy, and this one names the function. */
  private createPolicy(logGroup: logs.ILogGroup): iam.Policy {
    return new iam.Policy(this, 'Policy', {
      roles: [this.role],
      statements: [
        new iam.PolicyStatement({ actions: ['cloudformation:DescribeStackEvents', 'cloudformation:DescribeStacks'], resources: [Stack.of(this).stackId] }),
        new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.runner.functionArn] }),
        new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      ],
    });
  }

  private validateSize(): string[] {
    const stackName = lengthOf(Stack.of(this).stackName);
    const own = OWN_CHARACTERS + OWN_NAMES * stackName + this.starts.size * (CLUSTER_CHARACTERS + CLUSTER_NAMES * stackName);
    const needed = this.targets.reduce((sum, { taskDefinition, logGroup }) => sum + TASK_CHARACTERS + lengthOf(taskDefinition.family) + nameLength(logGroup), own);
    return needed <= ROLE_CHARACTERS ? [] : [problem('TaskRunner.tooManyTasks',
      `The stack '${Stack.of(this).node.path}' has ${this.targets.length} migrations and rehearsed services, which is too many for the role that runs them. The role's policies need about ${needed} characters, and IAM allows ${ROLE_CHARACTERS}. `
      + 'Put services into further stacks, or set `rehearsal: ServiceRehearsal.disabled()` on some of them.')];
  }
}

function isBelow(construct: IConstruct, owner: IConstruct): boolean {
  return construct.node.scopes.includes(owner);
}

/** CloudFormation makes the name of a log group of those of stack and resource, and an end of its own. */
function nameLength({ stack, node }: logs.ILogGroup): number {
  const resource = node.defaultChild as CfnResource;
  return lengthOf(stack.stackName) + SUFFIX_CHARACTERS + (CfnResource.isCfnResource(resource) ? String(stack.resolve(resource.logicalId)).length : 0);
}

function lengthOf(name: string): number {
  return Token.isUnresolved(name) ? 0 : name.length;
}
