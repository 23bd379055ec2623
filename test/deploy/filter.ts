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

/** A filtered template, and one line for each kind of thing that it lacks. */
export interface Filtered {
  readonly template: Template;
  readonly changes: Record<string, string[]>;
}

/** Takes out of a template what the emulator does not know, with all references to it. Leaves everything else as it is. */
export function filterTemplate(template: Template, options: FilterOptions): Filtered {
  const changes: Record<string, string[]> = {};
  const note = (what: string, where: string) => (changes[what] ??= []).push(where);
  const removed = new Set(Object.entries(template.Resources).filter(([, { Type }]) => !isKnown(Type, options)).map(([id]) => id));
  removed.forEach((id) => note(template.Resources[id].Type, id));
  const kept = Object.entries(template.Resources).filter(([id]) => !removed.has(id));
  const replacing = new References(removed, template, options);
  const resources = kept.map(([id, resource]): [string, Resource] => {
    const properties = Object.fromEntries(Object.entries(resource.Properties ?? {}).map(([name, value]) => {
      const replaced = replacing.in(replaceKnown(resource, name, value, options));
      if (JSON.stringify(replaced) !== JSON.stringify(value)) note(`${resource.Type} ${name}`, id);
      return [name, replaced];
    }));
    const dependsOn = [resource.DependsOn ?? []].flat().filter((other) => !removed.has(other));
    return [id, { ...resource, Properties: properties, DependsOn: dependsOn }];
  });
  const outputs = Object.entries(template.Outputs ?? {}).filter(([id, output]) => {
    const lost = JSON.stringify(replacing.in(output)) !== JSON.stringify(output);
    if (lost) note('Output', id);
    return !lost;
  });
  return { template: { ...template, Resources: Object.fromEntries(resources), Outputs: Object.fromEntries(outputs) }, changes };
}

function isKnown(type: string, { types }: FilterOptions): boolean {
  return types.has(type) || type.startsWith('Custom::');
}

/** The real server listens on a free port. */
function replaceKnown({ Type, Properties = {} }: Resource, name: string, value: unknown, { port }: FilterOptions): unknown {
  if (Type.startsWith('AWS::RDS::DB') && name === 'Port') {
    return typeof value === 'string' ? String(port) : port;
  }
  const variables = (Properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables;
  return Type === 'AWS::Lambda::Function' && name === 'Environment' && variables?.SERVER_KIND !== undefined
    ? { Variables: { ...variables, PORT: String(port) } }
    : value;
}

/** Replaces references to what is not there. */
class References {
  constructor(private readonly removed: Set<string>, private readonly template: Template, private readonly options: FilterOptions) {}

  public in(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.in(item));
    if (value === null || typeof value !== 'object') return value;
    const [[key, argument] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0 && key === 'Ref' && this.removed.has(argument as string)) return `filtered-${argument as string}`;
    // The emulator answers with the name where AWS gives the ARN.
    if (others.length === 0 && key === 'Ref' && this.template.Resources[argument as string]?.Type === 'AWS::SecretsManager::Secret') return { 'Fn::GetAtt': [argument, 'Id'] };
    if (others.length === 0 && key === 'Fn::GetAtt') return this.attribute(value, argument);
    if (others.length === 0 && key === 'Fn::Sub' && typeof argument === 'string') {
      return { 'Fn::Sub': argument.replace(/\$\{([A-Za-z0-9]+)[^}]*\}/g, (text, id: string) => this.removed.has(id) ? `filtered-${id}` : text) };
    }
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.in(item)]));
  }

  private attribute(value: unknown, argument: unknown): unknown {
    const [id, ...attribute] = typeof argument === 'string' ? argument.split('.') : argument as string[];
    if (this.removed.has(id)) return `filtered-${id}`;
    const ofServer: Record<string, string> = { 'MasterUserSecret.SecretArn': this.options.adminSecretArn, 'Endpoint.Address': this.options.host };
    const standIn = this.template.Resources[id]?.Type.startsWith('AWS::RDS::DB') ? ofServer[attribute.join('.')] : undefined;
    return standIn ?? value;
  }
}
