import { isMap, listOf, rendered, resourceOf, type ModelMap, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';
import { allows } from '../hops/policy';

const ROLE = 'AWS::IAM::Role';

/** Managed policies of AWS that hold what Session Manager needs. */
const FOR_SESSIONS = /AmazonSSMManagedInstanceCore|AmazonSSMManagedEC2InstanceDefaultPolicy|AmazonEC2RoleforSSM|AdministratorAccess|PowerUserAccess/;

/** What roles may do, as far as the templates tell. */
export class RolePolicies {
  private readonly attached = new Map<ModelResource, ModelValue[]>();

  public constructor(model: TemplateModel) {
    for (const policy of model.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy')) {
      for (const value of [...policy.list('Roles'), ...policy.list('RoleName')]) {
        const role = resourceOf(value);
        const document = policy.value('PolicyDocument');
        if (role !== undefined && document !== undefined) {
          this.attached.set(role, [...this.attached.get(role) ?? [], document]);
        }
      }
    }
  }

  /** Whether a role allows an action of Session Manager; undefined where only its own templates tell. No role allows nothing. */
  public allows(role: ModelValue | undefined, action: string): boolean | undefined {
    const resource = role === undefined ? undefined : resourceOf(role);
    if (resource?.type !== ROLE) {
      return role === undefined ? false : undefined;
    }
    const managed = resource.list('ManagedPolicyArns');
    if (this.documents(resource).some((document) => allows(document, action)) || managed.some((policy) => FOR_SESSIONS.test(rendered(policy)))) {
      return true;
    }
    return managed.some((policy) => resourceOf(policy) === undefined && !rendered(policy).includes(':iam::aws:policy/')) ? undefined : false;
  }

  /** The statements of a role that allow something, of policies that templates of this app make. */
  public statements(role: ModelResource): ModelMap[] {
    return this.documents(role).flatMap((document) => (isMap(document) ? listOf(document.Statement).filter(isMap) : [])).filter(({ Effect }) => Effect === 'Allow');
  }

  private documents(role: ModelResource): ModelValue[] {
    const inline = role.list('Policies').map((policy) => (isMap(policy) ? policy.PolicyDocument : undefined));
    const managed = role.list('ManagedPolicyArns').map((policy) => resourceOf(policy)?.value('PolicyDocument'));
    return [...inline, ...managed, ...this.attached.get(role) ?? []].filter((document): document is ModelValue => document !== undefined);
  }
}
