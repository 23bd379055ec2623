import { isList, literalText, mentionsOf, Reference, rendered, Text, Unknown, type ModelMap, type ModelResource, type ModelValue } from './model';
import type { Raw, TemplateSource } from './source';

/** What `AWS::NoValue` leaves: the property or list item is not there. */
export const NO_VALUE = undefined;

type Resolved = ModelValue | typeof NO_VALUE;

/** What resolution needs to know of the templates around. */
export interface Surroundings {
  /** The resource of a logical id, undefined where its condition is false. */
  resource(source: TemplateSource, logicalId: string): ModelResource | undefined;
  /** The nested template that a resource of type AWS::CloudFormation::Stack makes. */
  nested(source: TemplateSource, logicalId: string): TemplateSource | undefined;
  /** The template that a nested stack stands in. */
  parent(source: TemplateSource): TemplateSource | undefined;
  /** The template and output behind an export. */
  export(name: string): { readonly source: TemplateSource; readonly value: Raw } | undefined;
  /** The template of a stack by its name. */
  named(stackName: string): TemplateSource | undefined;
  /** Whether a condition holds. */
  holds(source: TemplateSource, condition: string): boolean;
}

/** Resolves the intrinsic functions of templates. */
export class Intrinsics {
  public constructor(private readonly around: Surroundings) {}

  public resolve(raw: Raw, source: TemplateSource): Resolved {
    if (raw === null || raw === undefined || typeof raw !== 'object') {
      return raw;
    }
    if (Array.isArray(raw)) {
      return raw.map((item) => this.resolve(item, source)).filter((item): item is ModelValue => item !== NO_VALUE);
    }
    const names = Object.keys(raw);
    if (names.length === 1 && (names[0] === 'Ref' || names[0].startsWith('Fn::'))) {
      return this.call(names[0], raw[names[0]], source);
    }
    return this.resolveMap(raw, source);
  }

  public resolveMap(raw: { [key: string]: Raw }, source: TemplateSource): ModelMap {
    // A loop: most of the time of a check with many services is spent here.
    const map: { [key: string]: ModelValue } = {};
    for (const key of Object.keys(raw)) {
      const value = this.resolve(raw[key], source);
      if (value !== NO_VALUE) {
        map[key] = value;
      }
    }
    return map;
  }

  private call(name: string, raw: Raw, source: TemplateSource): Resolved {
    switch (name) {
      case 'Ref': return this.ref(String(raw), source);
      case 'Fn::GetAtt': return this.getAtt(raw, source);
      case 'Fn::If': return this.choose(raw as [string, Raw, Raw], source);
      case 'Fn::Join': return this.join(raw as [string, Raw], source);
      case 'Fn::Sub': return this.sub(raw as string | [string, { [key: string]: Raw }], source);
      case 'Fn::ImportValue': return this.importValue(raw, source);
      case 'Fn::GetStackOutput': return this.stackOutput(raw as { [key: string]: Raw }, source);
      case 'Fn::FindInMap': return this.findInMap(raw as Raw[], source);
      case 'Fn::Select': return this.select(raw as Raw[], source);
      case 'Fn::Split': return this.split(raw as Raw[], source);
      case 'Fn::Base64': return this.resolve(raw, source);
      default: return this.unknown(name, raw, source);
    }
  }

  private ref(id: string, source: TemplateSource): Resolved {
    if (id.startsWith('AWS::')) {
      return pseudo(id, source);
    }
    const parameter = source.raw.Parameters?.[id];
    if (parameter === undefined) {
      return this.reference(id, 'Ref', source);
    }
    const parent = this.around.parent(source);
    const given = parent?.raw.Resources?.[source.nestedIn?.logicalId ?? '']?.Properties?.Parameters as { [key: string]: Raw } | undefined;
    if (parent !== undefined && given?.[id] !== undefined) {
      return this.resolve(given[id], parent);
    }
    const fallback = parameter.Default === undefined ? '' : ` (default '${String(parameter.Default)}')`;
    return new Unknown(`${source.stackName}.${id}`, `parameter '${id}' of stack '${source.stackName}'${fallback} is given at deployment`);
  }

  private reference(id: string, attribute: string, source: TemplateSource): ModelValue {
    const resource = this.around.resource(source, id);
    return resource === undefined
      ? new Unknown(`${source.stackName}.${id}.${attribute}`, `'${id}' is not in the template of stack '${source.stackName}'`)
      : new Reference(resource, attribute);
  }

  private getAtt(raw: Raw, source: TemplateSource): Resolved {
    const [id, ...attribute] = (Array.isArray(raw) ? raw.map(String) : String(raw).split('.'));
    const name = attribute.join('.');
    const nested = name.startsWith('Outputs.') ? this.around.nested(source, id) : undefined;
    const output = nested?.raw.Outputs?.[name.slice('Outputs.'.length)];
    return nested !== undefined && output !== undefined ? this.resolve(output.Value, nested) : this.reference(id, name, source);
  }

  private choose([condition, yes, no]: [string, Raw, Raw], source: TemplateSource): Resolved {
    return this.resolve(this.around.holds(source, condition) ? yes : no, source);
  }

  private join([separator, raw]: [string, Raw], source: TemplateSource): ModelValue {
    const items = this.resolve(raw, source);
    if (!isList(items)) {
      return this.unknown('Fn::Join', raw, source);
    }
    return concatenate(items.flatMap((item, index) => (index === 0 ? [item] : [separator, item])));
  }

  private sub(raw: string | [string, { [key: string]: Raw }], source: TemplateSource): ModelValue {
    const [template, values] = Array.isArray(raw) ? raw : [raw, {}];
    return concatenate(template.split(/(\$\{[^}]*\})/).map((part) => {
      const name = /^\$\{([^!][^}]*)\}$/.exec(part)?.[1];
      if (name === undefined) {
        return part.replace(/^\$\{!/, '${');
      }
      return (name in values ? this.resolve(values[name], source) : name.includes('.') ? this.getAtt(name, source) : this.ref(name, source)) ?? '';
    }));
  }

  private importValue(raw: Raw, source: TemplateSource): Resolved {
    const name = literalText(this.resolve(raw, source));
    const found = name === undefined ? undefined : this.around.export(name);
    return found === undefined
      ? new Unknown(name ?? 'Fn::ImportValue', `the export '${name ?? '?'}' belongs to no stack of this app`)
      : this.resolve(found.value, found.source);
  }

  private stackOutput({ StackName: rawName, OutputName: rawOutput }: { [key: string]: Raw }, source: TemplateSource): Resolved {
    const stackName = literalText(this.resolve(rawName, source)) ?? '?';
    const outputName = literalText(this.resolve(rawOutput, source)) ?? '?';
    const producer = this.around.named(stackName);
    const output = producer?.raw.Outputs?.[outputName];
    return producer === undefined || output === undefined
      ? new Unknown(`${stackName}.${outputName}`, `output '${outputName}' of stack '${stackName}' belongs to no stack of this app`)
      : this.resolve(output.Value, producer);
  }

  private findInMap(raw: Raw[], source: TemplateSource): Resolved {
    const [map, first, second] = raw.map((key) => literalText(this.resolve(key, source)));
    const value = map === undefined || first === undefined || second === undefined ? undefined : source.raw.Mappings?.[map]?.[first]?.[second];
    return value === undefined ? this.unknown('Fn::FindInMap', raw, source) : this.resolve(value, source);
  }

  private select([rawIndex, rawList]: Raw[], source: TemplateSource): Resolved {
    const list = this.resolve(rawList, source);
    const index = literalText(this.resolve(rawIndex, source));
    if (isList(list) && index !== undefined && list[Number(index)] !== undefined) {
      return list[Number(index)];
    }
    // One item of one unknown list is one value wherever it is selected: an availability zone, say.
    return list instanceof Unknown ? new Unknown(`${list.name}[${index ?? '?'}]`, list.reason, list.mentions) : this.unknown('Fn::Select', [rawIndex, rawList], source);
  }

  private split([separator, raw]: Raw[], source: TemplateSource): ModelValue {
    const text = literalText(this.resolve(raw, source));
    return text === undefined ? this.unknown('Fn::Split', [separator, raw], source) : text.split(String(separator));
  }

  private unknown(name: string, raw: Raw, source: TemplateSource): Unknown {
    const below = Array.isArray(raw) ? raw.map((item) => this.resolve(item, source) ?? null) : [this.resolve(raw, source) ?? null];
    return new Unknown(`${name} ${JSON.stringify(below.map(rendered))}`, `${name} is computed at deployment`, below.flatMap(mentionsOf));
  }
}

function pseudo(id: string, source: TemplateSource): Resolved {
  switch (id) {
    case 'AWS::NoValue': return NO_VALUE;
    case 'AWS::Region': return source.region ?? new Unknown(id, 'the stack is not bound to a region');
    case 'AWS::AccountId': return source.account ?? new Unknown(id, 'the stack is not bound to an account');
    case 'AWS::StackName': return source.nestedIn === undefined ? source.stackName : new Unknown(id, 'CloudFormation names nested stacks');
    default: return new Unknown(id, `${id} is known at deployment`);
  }
}

function concatenate(items: readonly Resolved[]): ModelValue {
  const parts: (string | Reference | Unknown)[] = [];
  const add = (item: Resolved) => {
    const last = parts[parts.length - 1];
    if (item instanceof Text) {
      item.parts.forEach(add);
    } else if (item instanceof Reference || item instanceof Unknown) {
      parts.push(item);
    } else if (typeof last === 'string') {
      parts[parts.length - 1] = last + rendered(item ?? '');
    } else {
      parts.push(rendered(item ?? ''));
    }
  };
  items.forEach(add);
  const known = parts.filter((part) => part !== '');
  return known.length === 0 ? '' : known.length === 1 ? known[0] : new Text(known);
}
