import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import type { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { problem, warn } from '../../private/errors';
import { trustOnlyFor } from '../../private/own-trust';
import { dependOnStackOf } from '../../private/stack-order';

/** What CDK calls the class of roles that take no permission, and say that they took it. */
const IMMUTABLE_ROLE = 'aws-cdk-lib.aws-iam.ImmutableRole';

/**
 * The role of tasks that a user brought: the role itself, where permissions can be added to it in the stack of the tasks. Else one that
 * stands for it: in another stack its policy would need what the tasks are connected to, and the tasks need the role.
 */
export function taskRoleOf(scope: Construct, role?: iam.IRole): iam.IRole | undefined {
  if (role === undefined) {
    return undefined;
  }
  requireTrust(scope, role);
  const isElsewhere = Stack.of(role) !== Stack.of(scope);
  if (isElsewhere) {
    dependOnStackOf(scope, role, 'Tasks depend on their role, never the reverse.');
  }
  return isElsewhere || isImmutable(role) ? new BroughtTaskRole(scope, 'TaskRole', role) : role;
}

/**
 * Lets only ECS of this account and region take over the task role that CDK made, as AWS recommends. Of the role with which ECS starts tasks AWS doesn't
 * say so.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#create_task_iam_policy_and_role
 */
export function narrowTrust(taskDefinition: FargateTaskDefinition): void {
  const role = taskDefinition.node.tryFindChild('TaskRole')?.node.defaultChild;
  if (role instanceof iam.CfnRole) {
    trustOnlyFor(role, Stack.of(role).formatArn({ service: 'ecs', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME }));
  }
}

/** Stands for a role that is in another stack, or that takes no permissions. */
class BroughtTaskRole extends Resource implements iam.IRole {
  public readonly assumeRoleAction: string;
  public readonly grantPrincipal: iam.IPrincipal = this;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly principalAccount?: string;
  public readonly roleArn: string;
  public readonly roleName: string;
  public readonly roleRef: iam.RoleReference;
  private policy?: iam.Policy;

  constructor(private readonly tasks: Construct, id: string, private readonly role: iam.IRole) {
    super(tasks, id, { account: role.env.account, region: role.env.region });
    this.assumeRoleAction = role.assumeRoleAction;
    this.policyFragment = role.policyFragment;
    this.principalAccount = role.principalAccount;
    this.roleArn = role.roleArn;
    this.roleName = role.roleName;
    this.roleRef = role.roleRef;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    if (isImmutable(this.role)) {
      // It says that it added the statement, unless it was told to have grants added to resources instead.
      warn(this.tasks, 'TaskRole.immutable', `The role in \`taskRole\` can't be changed here, so it doesn't get the permission for ${statement.actions.join(', ')}. `
        + 'Add the permission where the role is defined, or import the role without `mutable: false`.');
      return this.role.addToPrincipalPolicy(statement);
    }
    this.policy ??= new iam.Policy(this, 'Policy', { roles: [this.role] });
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }

  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  public attachInlinePolicy(policy: iam.Policy): void {
    this.role.attachInlinePolicy(policy);
  }

  public addManagedPolicy(policy: iam.IManagedPolicy): void {
    this.role.addManagedPolicy(policy);
  }

  public grant(grantee: iam.IPrincipal, ...actions: string[]): iam.Grant {
    return this.role.grant(grantee, ...actions);
  }

  public grantPassRole(grantee: iam.IPrincipal): iam.Grant {
    return this.role.grantPassRole(grantee);
  }

  public grantAssumeRole(grantee: iam.IPrincipal): iam.Grant {
    return this.role.grantAssumeRole(grantee);
  }
}

/** By the name that CDK has for property injection, since it does not export the class. */
function isImmutable(role: iam.IRole): boolean {
  return (role.constructor as { PROPERTY_INJECTION_ID?: string }).PROPERTY_INJECTION_ID === IMMUTABLE_ROLE;
}

/** Whom an imported role trusts stands in no template; of others it is known once everything is declared. */
function requireTrust(scope: Construct, role: iam.IRole): void {
  if (iam.Role.isRole(role) && Resource.isOwnedResource(role)) {
    scope.node.addValidation({
      validate: () => (trustsEcs(role) ? [] : [problem('TaskRole.trust', `The role '${role.node.path}' in \`taskRole\` doesn't trust ECS, so no task could start. `
        + `Create it with \`assumedBy: new iam.ServicePrincipal('${nameOfEcs(role)}')\`.`)]),
    });
  }
}

interface RenderedStatement {
  readonly Effect?: string;
  readonly Principal?: string | { readonly Service?: unknown };
}

/** A principal that is known only at deployment may be that of ECS. */
function trustsEcs(role: iam.Role): boolean {
  const { Statement = [] } = (Stack.of(role).resolve(role.assumeRolePolicy) ?? {}) as { Statement?: RenderedStatement[] };
  return Statement.some(({ Effect, Principal }) => Effect === 'Allow' && (Principal === '*'
    || (typeof Principal === 'object' && [Principal.Service].flat().some((service) => (typeof service === 'string' ? service === nameOfEcs(role) : service !== undefined)))));
}

/** As it stands in the template of the role. */
function nameOfEcs(role: iam.Role): string {
  return Stack.of(role).resolve(iam.ServicePrincipal.servicePrincipalName('ecs-tasks.amazonaws.com')) as string;
}
