/** A synthesised template, as far as the filter reads it. */
export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, unknown>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly DependsOn?: string | string[];
}

/** What the emulator can, and what stands behind it. */
export interface FilterOptions {
  /** Resource types that the emulator's CloudFormation knows. */
  readonly types: Set<string>;
  /** Secret that stands for the one that RDS would make for the admin. */
  readonly adminSecretArn: string;
  /** Host name of the real server, for the endpoint of RDS. */
  readonly host: string;
  /** Port of the real server, where the template names that of RDS. */
  readonly port: number;
  /** Changes of a scenario's own. */
  readonly edit?: (template: Template) => void;
}

/** A filtered template, and where it differs from what was synthesised, by kinds of differences. */
export interface Filtered {
  readonly template: Template;
  readonly changes: Record<string, string[]>;
}

/** CDK's own, whose function wants a client of the SDK that Lambda has built in and this repository does not need. */
const FOREIGN = 'Custom::VpcRestrictDefaultSG';

/** Takes out of a template what the emulator does not know, with all references to it. Leaves everything else as it is. */
export function filterTemplate(template: Template, options: FilterOptions): Filtered {
  const changes: Record<string, string[]> = {};
  const note = (what: string, where: string) => (changes[what] ??= []).push(where);
  const unknown = Object.entries(template.Resources).flatMap(([id, resource]) => isKnown(resource, options) ? [] : [id]);
  const removed = new Set(unknown);
  removed.forEach((id) => note(isMath(template.Resources[id]) ? 'AWS::CloudWatch::Alarm of several metrics' : template.Resources[id].Type, id));
  const kept = Object.entries(template.Resources).filter(([id]) => !removed.has(id));
  const resources = kept.map(([id, resource]): [string, Resource] => {
    const properties = Object.entries(resource.Properties ?? {}).map(([name, value]) => {
      const replacement = new Replacement(removed, template, options);
      const replaced = replacement.of(replacement.port(resource, name, value));
      replacement.kinds.forEach((kind) => note(`${resource.Type} ${name}: ${kind}`, id));
      return [name, replaced];
    });
    const dependsOn = [resource.DependsOn ?? []].flat().filter((other) => !removed.has(other));
    return [id, { ...resource, Properties: Object.fromEntries(properties) as Record<string, unknown>, DependsOn: dependsOn }];
  });
  const outputs = Object.entries(template.Outputs ?? {}).flatMap(([id, output]) => {
    const replacement = new Replacement(removed, template, options);
    const replaced = replacement.of(output);
    replacement.kinds.forEach((kind) => note(`Output: ${kind}`, id));
    return replacement.kinds.has(LOST) ? [] : [[id, replaced]];
  });
  return { template: { ...template, Resources: Object.fromEntries(resources), Outputs: Object.fromEntries(outputs) as Record<string, unknown> }, changes };
}

function isKnown(resource: Resource, { types }: FilterOptions): boolean {
  const { Type: type } = resource;
  return (types.has(type) && !isMath(resource)) || (type.startsWith('Custom::') && type !== FOREIGN);
}

/** The emulator knows alarms, but not such ones. */
function isMath({ Type: type, Properties: { Metrics: metrics } = {} }: Resource): boolean {
  return type === 'AWS::CloudWatch::Alarm' && metrics !== undefined;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

const LOST = 'refers to what is taken out';

/** The value of one property, with what stands behind the emulator in the place of what would stand behind AWS. */
class Replacement {
  public readonly kinds = new Set<string>();

  constructor(private readonly removed: Set<string>, private readonly template: Template, private readonly options: FilterOptions) {}

  /** The real server listens on a free port. */
  public port({ Type, Properties = {} }: Resource, name: string, value: unknown): unknown {
    const port = String(this.options.port);
    if (Type.startsWith('AWS::RDS::DB') && name === 'Port') return this.noted('port of the real server', port);
    const variables = (Properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables;
    return Type === 'AWS::Lambda::Function' && name === 'Environment' && variables?.HOST !== undefined && variables.PORT !== undefined
      ? this.noted('port of the real server', { Variables: { ...variables, PORT: port } })
      : value;
  }

  public of(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.of(item));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [key, argument] = entries.length === 1 ? entries[0] as [string, unknown] : ['', undefined];
    switch (key) {
      case 'Ref': return this.reference(value, argument as string);
      case 'Fn::GetAtt': return this.attribute(value, argument as string | string[]);
      case 'Fn::Sub': return this.substitution(value, argument);
      default: return Object.fromEntries(Object.entries(this.generated(this.logReader(value))).map(([name, item]) => [name, this.of(item)]));
    }
  }

  /** The emulator asks for permission on the group, whose ARN ends with `:*` as on AWS, but without that ending; AWS asks for the stream. */
  private logReader(statement: { Action?: unknown; Resource?: unknown }): object {
    const { Action: action, Resource: resource } = statement;
    const ids = [resource ?? []].flat().map((each) => (each as { 'Fn::GetAtt'?: string[] })['Fn::GetAtt']?.[0]);
    return action === 'logs:GetLogEvents' && ids.length > 0 && ids.every((id) => id !== undefined)
      ? this.noted('the emulator checks who reads a log against the group, AWS against the stream', { ...statement, Resource: ids.map((id) => ({ 'Fn::Sub': `arn:aws:logs:*:*:log-group:\${${id}}` })) })
      : statement;
  }

  private generated(value: { ExcludePunctuation?: unknown }): object {
    const { ExcludePunctuation: excluded, ...rest } = value;
    return excluded === true
      ? this.noted('the emulator does not know ExcludePunctuation, but ExcludeCharacters', { ...rest, ExcludeCharacters: PUNCTUATION })
      : value;
  }

  private reference(value: unknown, id: string): unknown {
    if (this.removed.has(id)) return this.noted(LOST, `filtered-${id}`);
    return this.template.Resources[id]?.Type === 'AWS::SecretsManager::Secret'
      ? this.noted('the emulator answers with the name of a secret where AWS gives its ARN', { 'Fn::GetAtt': [id, 'Id'] })
      : value;
  }

  private attribute(value: unknown, argument: string | string[]): unknown {
    const [id, ...rest] = typeof argument === 'string' ? argument.split('.') : argument;
    if (this.removed.has(id)) return this.noted(LOST, `filtered-${id}`);
    if (!this.template.Resources[id]?.Type.startsWith('AWS::RDS::DB')) return value;
    switch (rest.join('.')) {
      case 'MasterUserSecret.SecretArn': return this.noted('secret of the real server\'s admin', this.options.adminSecretArn);
      case 'Endpoint.Address': return this.noted('host of the real server', this.options.host);
      default: return value;
    }
  }

  private substitution(value: unknown, argument: unknown): unknown {
    const ids = [...JSON.stringify(argument).matchAll(/\$\{(\w+)/g)].map(([, id]) => id);
    return ids.some((id) => this.removed.has(id)) ? this.noted(LOST, 'filtered') : value;
  }

  private noted<T>(kind: string, value: T): T {
    this.kinds.add(kind);
    return value;
  }
}
