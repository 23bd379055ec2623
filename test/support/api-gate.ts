/** The parts of a `.jsii` assembly that the rules look at. */
export interface Assembly {
  readonly types?: Record<string, ApiType>;
}

export interface Docs {
  readonly summary?: string;
  readonly remarks?: string;
  readonly default?: string;
}

export interface TypeReference {
  readonly fqn?: string;
  readonly primitive?: string;
  readonly collection?: { readonly elementtype: TypeReference };
  readonly union?: { readonly types: TypeReference[] };
  readonly intersection?: { readonly types: TypeReference[] };
}

export interface ApiValue {
  readonly name: string;
  readonly type: TypeReference;
  readonly optional?: boolean;
  readonly docs?: Docs;
  readonly overrides?: string;
}

export interface ApiMethod {
  readonly name: string;
  readonly docs?: Docs;
  readonly overrides?: string;
  readonly parameters?: ApiValue[];
  readonly returns?: { readonly type: TypeReference };
}

export interface ApiType {
  readonly fqn: string;
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'enum';
  readonly datatype?: boolean;
  readonly abstract?: boolean;
  readonly base?: string;
  readonly docs?: Docs;
  readonly initializer?: { readonly parameters?: ApiValue[] };
  readonly properties?: ApiValue[];
  readonly methods?: ApiMethod[];
  readonly members?: { readonly name: string; readonly docs?: Docs }[];
  readonly locationInModule?: { readonly filename: string };
}

/** Answers whether a type of another library is a class of constructs. */
export type IsConstructClass = (fqn: string) => boolean;

/** What a rule of the gate says about an assembly: one line for each offence. */
export type ApiRule = (assembly: Assembly, isConstructClass: IsConstructClass) => string[];

const HEADINGS = ['## What it makes', '## Defaults that matter', '## Security considerations', '## Cost'];

/** What jsii and eslint let through and this library does not. */
export const API_RULES: Record<string, ApiRule> = {
  'every type and member is documented': (assembly) => types(assembly).flatMap((type) => [
    ...(type.docs?.summary ? [] : [type.name]),
    ...[...type.properties ?? [], ...type.methods ?? [], ...type.members ?? []]
      // What an interface or a base class documents needs no second text.
      .filter((member) => !member.docs?.summary && !('overrides' in member && member.overrides))
      .map((member) => `${type.name}.${member.name}`),
  ]),

  'every optional prop names its default, and never as undefined': (assembly) => structs(assembly).flatMap((type) => (type.properties ?? [])
    .filter((property) => property.optional && /^(\s*|-?\s*undefined\.?)$/.test(property.docs?.default ?? ''))
    .map((property) => `${type.name}.${property.name}`)),

  'no type is any': (assembly) => references(assembly).filter(({ type }) => type.primitive === 'any' || type.primitive === 'json').map(({ where }) => where),

  'no type is a union or an intersection': (assembly) => references(assembly).filter(({ type }) => type.union ?? type.intersection).map(({ where }) => where),

  'no prop is an ARN': (assembly) => structs(assembly)
    // What others own is described by attributes, and those may be ARNs.
    .filter((type) => !type.name.endsWith('Attributes'))
    .flatMap((type) => (type.properties ?? []).filter((property) => /Arns?$/.test(property.name)).map((property) => `${type.name}.${property.name}`)),

  'no prop is a resource of the Cfn layer': (assembly) => inputs(assembly)
    .filter(({ type }) => /\.Cfn[A-Z][A-Za-z]*(\.|$)/.test(type.fqn ?? '')).map(({ where }) => where),

  'no prop is a concrete resource where an interface exists': (assembly, isConstructClass) => inputs(assembly)
    .filter(({ type }) => type.fqn !== undefined && (assembly.types?.[type.fqn] ? extendsResource(assembly, type.fqn) : isConstructClass(type.fqn)))
    .map(({ where }) => where),

  'no class shows its props': (assembly) => types(assembly).filter((type) => type.kind === 'class')
    .flatMap((type) => (type.properties ?? []).filter((property) => property.name === 'props').map((property) => `${type.name}.${property.name}`)),

  'nothing private and no generated function class is exported': (assembly) => types(assembly)
    .filter((type) => /(^|\/)(private|broker|runner)\/|-function\.ts$|\.lambda\.ts$|\.contract\.ts$/.test(type.locationInModule?.filename ?? ''))
    .map((type) => `${type.name} of ${type.locationInModule?.filename}`),

  'the documentation of every construct has the four headings': (assembly) => types(assembly)
    .filter((type) => type.kind === 'class' && !type.abstract && extendsConstruct(assembly, type))
    .flatMap((type) => HEADINGS.filter((heading) => !`${type.docs?.remarks ?? ''}\n`.includes(`${heading}\n`)).map((heading) => `${type.name}: ${heading}`)),
};

function types(assembly: Assembly): ApiType[] {
  return Object.values(assembly.types ?? {});
}

function structs(assembly: Assembly): ApiType[] {
  return types(assembly).filter((type) => type.kind === 'interface' && type.datatype);
}

interface Reference {
  readonly where: string;
  readonly type: TypeReference;
}

/** Every type that the public API mentions, also inside lists and maps. */
function references(assembly: Assembly): Reference[] {
  return types(assembly).flatMap((type) => [
    ...(type.properties ?? []).flatMap((property) => nested(`${type.name}.${property.name}`, property.type)),
    ...(type.initializer?.parameters ?? []).flatMap((parameter) => nested(`${type.name}(${parameter.name})`, parameter.type)),
    ...(type.methods ?? []).flatMap((method) => [
      ...(method.parameters ?? []).flatMap((parameter) => nested(`${type.name}.${method.name}(${parameter.name})`, parameter.type)),
      ...(method.returns ? nested(`${type.name}.${method.name}()`, method.returns.type) : []),
    ]),
  ]);
}

/** Every type that a struct asks its user for. */
function inputs(assembly: Assembly): Reference[] {
  return structs(assembly).flatMap((type) => (type.properties ?? []).flatMap((property) => nested(`${type.name}.${property.name}`, property.type)));
}

function nested(where: string, type: TypeReference): Reference[] {
  const inner = [type.collection?.elementtype, ...type.union?.types ?? [], ...type.intersection?.types ?? []];
  return [{ where, type }, ...inner.flatMap((part) => part === undefined ? [] : nested(where, part))];
}

function bases(assembly: Assembly, fqn: string | undefined): string[] {
  return fqn === undefined ? [] : [fqn, ...bases(assembly, assembly.types?.[fqn]?.base)];
}

/** A class of this library counts as a resource only where it is one: a construct made of many has no interface to take. */
function extendsResource(assembly: Assembly, fqn: string): boolean {
  return assembly.types?.[fqn]?.kind === 'class' && bases(assembly, fqn).includes('aws-cdk-lib.Resource');
}

function extendsConstruct(assembly: Assembly, type: ApiType): boolean {
  return bases(assembly, type.fqn).some((fqn) => fqn === 'constructs.Construct' || fqn === 'aws-cdk-lib.Resource');
}
