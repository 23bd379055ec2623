import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { ModelResource, Reference, TemplateModel, Unknown, type ModelMap, type ModelValue } from '../../../src/checks/private/model';
import { ReachabilityCheck } from '../../../src/checks/reachability';

export interface RawResource {
  readonly Type: string;
  Properties: Record<string, unknown>;
}

/** Resources by logical id, as they stand in a template. */
export type Resources = Record<string, RawResource>;

/** Synthesises an app with the check. Violations stop synthesis, which is what many tests want; anything else is thrown. */
export function checked(app: App, check = new ReachabilityCheck()): ReachabilityCheck {
  Validations.of(app).addPlugins(check);
  // Warnings of the validation report go there; what they say is in the report of the check.
  const silence = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ValidationFailed')) {
      throw error;
    }
  } finally {
    silence.mockRestore();
  }
  return check;
}

/** What the check finds in an app, a line for each finding: outcome, rule, construct path, message, fix. */
export function findingsOf(app: App, check?: ReachabilityCheck): string[] {
  return checked(app, check).report().findings.map(({ outcome, ruleId, constructPath, message, fix }) => `${outcome} ${ruleId.replace('reachability-', '')} ${constructPath}: ${message} → ${fix}`);
}

/** Resources as the constructs of a stack. */
export function addResources(stack: Stack, resources: Resources): void {
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    new CfnResource(stack, id, { type: Type, properties: Properties }).overrideLogicalId(id);
  }
}

/** What the check finds in resources that stand in one stack. */
export function findingsIn(resources: Resources): string[] {
  const app = new App();
  addResources(new Stack(app, 'Lab'), resources);
  return findingsOf(app);
}

/** Expects these findings, each once, and no other. */
export function expectFindings(lines: string[], expected: readonly RegExp[]): void {
  const rest = [...lines];
  const missing = expected.filter((pattern) => {
    const index = rest.findIndex((line) => pattern.test(line));
    rest.splice(index, index === -1 ? 0 : 1);
    return index === -1;
  });
  expect({ unexpected: rest, missing: missing.map(String) }).toEqual({ unexpected: [], missing: [] });
}

/** A network with one mistake, or with something that looks like one, and everything that the check has to say of it. */
export interface Case {
  readonly name: string;
  readonly change: (resources: Resources) => void;
  readonly findings: readonly RegExp[];
}

export function describeCases(title: string, lab: () => Resources, cases: readonly Case[]): void {
  describe(title, () => {
    test.each(cases)('$name', ({ change, findings }) => {
      // GIVEN
      const resources = lab();
      // WHEN
      change(resources);
      // THEN
      expectFindings(findingsIn(resources), findings);
    });
  });
}

/** Resources as a model, without an app. `{ Unknown: name }` is what only a deployment decides. */
export function modelOf(resources: Resources): TemplateModel {
  const template = { path: 'Lab.template.json', stackPath: 'Lab', outerStackPath: 'Lab', stackName: 'Lab' };
  const made = new Map<string, ModelResource>();
  const resolve = (raw: unknown): ModelValue => {
    if (Array.isArray(raw)) {
      return raw.map(resolve);
    }
    if (typeof raw !== 'object' || raw === null) {
      return raw as ModelValue;
    }
    const { Ref, 'Fn::GetAtt': attribute, Unknown: name } = raw as { 'Ref'?: string; 'Fn::GetAtt'?: [string, string]; 'Unknown'?: string };
    if (name !== undefined) {
      return new Unknown(name, 'it is known at deployment');
    }
    const [id, of] = attribute ?? [Ref, 'Ref'];
    const resource = made.get(id ?? '');
    return id === undefined ? resolveMap(raw) : resource === undefined ? new Unknown(id, 'it is known at deployment') : new Reference(resource, of);
  };
  const resolveMap = (raw: object): ModelMap => Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined).map(([key, value]) => [key, resolve(value)]));
  for (const [logicalId, { Type, Properties }] of Object.entries(resources)) {
    made.set(logicalId, new ModelResource({ logicalId, type: Type, template, origin: { constructPath: `Lab/${logicalId}`, acknowledgements: [] }, dependsOn: [], properties: () => resolveMap(Properties) }));
  }
  return new TemplateModel([...made.values()]);
}
