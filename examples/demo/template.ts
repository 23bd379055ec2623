/** A resource of a synthesised template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly DependsOn?: string | string[];
}

/** A synthesised template, as far as the demo reads it. */
export interface Template {
  readonly Resources: Record<string, TemplateResource>;
}

/** Gives the value of `Ref` (attribute undefined) or `Fn::GetAtt` of a resource or pseudo parameter. */
export type AttributeLookup = (logicalId: string, attribute?: string) => unknown;

type Intrinsic = (argument: unknown, lookup: AttributeLookup) => unknown;

const INTRINSICS: Record<string, Intrinsic> = {
  'Ref': (id, lookup) => lookup(id as string),
  'Fn::GetAtt': (argument, lookup) => {
    const [id, ...attribute] = typeof argument === 'string' ? argument.split('.') : argument as string[];
    return lookup(id, attribute.join('.'));
  },
  'Fn::Join': (argument, lookup) => {
    const [separator, parts] = resolve(argument, lookup) as [string, unknown[]];
    return parts.join(separator);
  },
  'Fn::Select': (argument, lookup) => {
    const [index, list] = resolve(argument, lookup) as [string, unknown[]];
    return list[Number(index)];
  },
  'Fn::Split': (argument, lookup) => {
    const [separator, text] = resolve(argument, lookup) as [string, string];
    return text.split(separator);
  },
  'Fn::Sub': (argument, lookup) => {
    const text = typeof argument === 'string' ? argument : (argument as [string])[0];
    return text.replace(/\$\{([^}]+)\}/g, (_, id: string) => String(lookup(id)));
  },
};

/** A template value with its intrinsic functions replaced by what they stand for. */
export function resolve(value: unknown, lookup: AttributeLookup): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, lookup));
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0] in INTRINSICS) {
    return INTRINSICS[entries[0][0]](entries[0][1], lookup);
  }
  if (entries.length === 1 && entries[0][0].startsWith('Fn::')) {
    throw new Error(`The demo cannot resolve ${entries[0][0]}.`);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, lookup)]));
}

/** Logical ids in an order in which each stands after all that it refers to, as CloudFormation creates them. */
export function creationOrder(template: Template): string[] {
  const ordered = new Set<string>();
  const visit = (id: string) => {
    if (ordered.has(id) || !(id in template.Resources)) {
      return;
    }
    for (const dependency of dependenciesOf(template.Resources[id])) {
      visit(dependency);
    }
    ordered.add(id);
  };
  Object.keys(template.Resources).forEach(visit);
  return [...ordered];
}

function dependenciesOf(resource: TemplateResource): string[] {
  return [...[resource.DependsOn ?? []].flat(), ...references(resource.Properties)];
}

function references(value: unknown): string[] {
  if (value === null || typeof value !== 'object') {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) => {
    switch (key) {
      case 'Ref': return [item as string];
      case 'Fn::GetAtt': return [(typeof item === 'string' ? item.split('.') : item as string[])[0]];
      case 'Fn::Sub': return [...JSON.stringify(item).matchAll(/\$\{([^}.]+)/g)].map(([, id]) => id);
      default: return references(item);
    }
  });
}
