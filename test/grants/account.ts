import { Stack, type App } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { ACCOUNT_ID, REGION, arnOf, referenceOf } from './arns';
import type { PolicyDocument } from './evaluator';

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
}

interface Template {
  readonly Resources?: Record<string, Resource>;
  readonly Outputs?: Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>;
  readonly Parameters?: Record<string, { readonly Default?: unknown }>;
}

/** What an app is when it is deployed, as far as policies go: every resource has an ARN that is always the same. */
export class Account {
  private readonly templates: Map<string, Template>;

  constructor(app: App) {
    this.templates = new Map(app.synth().stacksRecursively.map(({ stackName, template }) => [stackName, template as Template]));
  }

  /** A text of a construct as it is after the deployment. */
  public text(owner: IConstruct, token: unknown): string {
    const stack = Stack.of(owner);
    const value = this.resolve(stack.stackName, stack.resolve(token));
    if (typeof value !== 'string') throw new Error(`Not a text: ${JSON.stringify(value)}`);
    return value;
  }

  /** The ARN of the one resource of a stack whose type and logical id are these. */
  public arnIn(owner: IConstruct, type: string, id: RegExp): string {
    const { stackName } = Stack.of(owner);
    const found = this.resources().filter((each) => each.stackName === stackName && each.resource.Type === type && id.test(each.id));
    if (found.length !== 1) throw new Error(`'${stackName}' has ${found.length} resources of ${type} whose id matches ${String(id)}`);
    return arnOf(type, stackName, found[0].id);
  }

  /** All policies of a role, user or group, in whatever stack they are. */
  public policiesOf(principal: iam.IRole | iam.IUser | iam.IGroup): PolicyDocument[] {
    return this.policiesOfName(this.text(principal, 'roleName' in principal ? principal.roleName : 'userName' in principal ? principal.userName : principal.groupName));
  }

  /** The same of a role that only the template knows. */
  public policiesOfRole(owner: IConstruct, id: RegExp): PolicyDocument[] {
    return this.policiesOfName(this.arnIn(owner, 'AWS::IAM::Role', id).replace(/^.*:role\//, ''));
  }

  /** Every resource of every stack. */
  public resources(): { readonly stackName: string; readonly id: string; readonly resource: Resource }[] {
    return [...this.templates].flatMap(([stackName, { Resources: resources = {} }]) => Object.entries(resources).map(([id, resource]) => ({ stackName, id, resource })));
  }

  /** A policy document of a template as IAM gets it. */
  public document(stackName: string, document: unknown): PolicyDocument {
    return this.resolve(stackName, document) as PolicyDocument;
  }

  private policiesOfName(name: string): PolicyDocument[] {
    return this.resources().flatMap(({ stackName, id, resource: { Type: type, Properties: properties = {} } }) => {
      if (/^AWS::IAM::(Role|User|Group)$/.test(type) && referenceOf(type, stackName, id) === name) {
        return this.inlinePolicies(stackName, properties);
      }
      const holders = ['Roles', 'Users', 'Groups'].flatMap((kind) => this.resolve(stackName, properties[kind] ?? []) as string[]);
      return /^AWS::IAM::(Policy|ManagedPolicy)$/.test(type) && holders.includes(name) ? [this.document(stackName, properties.PolicyDocument)] : [];
    });
  }

  private inlinePolicies(stackName: string, properties: Record<string, unknown>): PolicyDocument[] {
    if (properties.ManagedPolicyArns !== undefined) {
      throw new Error(`A policy that is managed by AWS can't be judged: ${JSON.stringify(properties.ManagedPolicyArns)}`);
    }
    return (properties.Policies as { PolicyDocument: unknown }[] | undefined ?? []).map((policy) => this.document(stackName, policy.PolicyDocument));
  }

  /** What CloudFormation makes of a value. What is not known here is an error, never a guess. */
  private resolve(stackName: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(stackName, item));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [key, argument] = entries.length === 1 ? entries[0] as [string, unknown] : ['', undefined];
    return key === 'Ref' || key.startsWith('Fn::') ? this.call(stackName, key, argument)
      : Object.fromEntries(entries.map(([name, item]) => [name, this.resolve(stackName, item)]));
  }

  private call(stackName: string, key: string, argument: unknown): unknown {
    const all = () => this.resolve(stackName, argument) as unknown[];
    switch (key) {
      case 'Ref': return this.reference(stackName, argument as string);
      case 'Fn::GetAtt': return this.attribute(stackName, argument as string | [string, string]);
      case 'Fn::Join': return (all()[1] as string[]).join(all()[0] as string);
      case 'Fn::Split': return (all()[1] as string).split(all()[0] as string);
      case 'Fn::Select': return (all()[1] as unknown[])[Number(all()[0])];
      case 'Fn::Sub': return this.substitute(stackName, argument);
      case 'Fn::ImportValue': return this.imported(this.resolve(stackName, argument));
      case 'Fn::GetStackOutput': {
        const { StackName: other, OutputName: output } = argument as { StackName: string; OutputName: string };
        return this.resolve(other, this.templates.get(other)?.Outputs?.[output].Value);
      }
      default: throw new Error(`${key} in a policy is not known to test/grants/account.ts`);
    }
  }

  private reference(stackName: string, id: string): unknown {
    const pseudo: Record<string, string> = {
      'AWS::AccountId': ACCOUNT_ID,
      'AWS::Region': REGION,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': stackIdOf(stackName),
    };
    const parameter = this.templates.get(stackName)?.Parameters?.[id];
    return pseudo[id] ?? parameter?.Default ?? referenceOf(this.resource(stackName, id).Type, stackName, id);
  }

  private attribute(stackName: string, argument: string | [string, string]): unknown {
    const [id, name] = typeof argument === 'string' ? argument.split(/\.(.*)/) : argument;
    const { Type: type, Properties: properties = {} } = this.resource(stackName, id);
    // Our own custom resources answer with what they were given.
    if (type.startsWith('Custom::') && name in properties) return this.resolve(stackName, properties[name]);
    return /(^|\.)\w*(Arn|ARN)$/.test(name) ? arnOf(type, stackName, id, name) : `${stackName}-${id}.${name}`;
  }

  private substitute(stackName: string, argument: unknown): string {
    const [text, values] = (typeof argument === 'string' ? [argument, {}] : argument) as [string, Record<string, unknown>];
    return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => String(
      name in values ? this.resolve(stackName, values[name]) : name.includes('.') ? this.attribute(stackName, name) : this.reference(stackName, name)));
  }

  private imported(name: unknown): unknown {
    for (const [stackName, { Outputs: outputs = {} }] of this.templates) {
      const found = Object.values(outputs).find((output) => output.Export !== undefined && this.resolve(stackName, output.Export.Name) === name);
      if (found !== undefined) return this.resolve(stackName, found.Value);
    }
    throw new Error(`No stack exports ${String(name)}`);
  }

  private resource(stackName: string, id: string): Resource {
    const resource = this.templates.get(stackName)?.Resources?.[id];
    if (resource === undefined) throw new Error(`'${stackName}' has no resource '${id}'`);
    return resource;
  }
}

/** Id of a stack, as CloudFormation writes it into the tag of each resource. */
export function stackIdOf(stackName: string): string {
  return `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${stackName}/5f1e6a00-0000-4000-8000-000000000000`;
}
