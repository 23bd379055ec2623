import { Intrinsics, type Surroundings } from './intrinsics';
import { literalText, rendered } from './model';
import type { Raw, RawTemplate, TemplateSource } from './source';

/** A comparison that only the deployment decides, such as of a parameter. */
interface OpenComparison {
  readonly left: string;
  readonly right: string;
}

/** One outcome of the open comparisons. */
export type World = ReadonlyMap<string, boolean>;

/** Six open comparisons are 64 worlds, each as large as the app. */
const MOST_ENUMERATED = 6;

/** The conditions of the templates, and the outcomes that they leave open. */
export class Conditions {
  private readonly intrinsics: Intrinsics;
  private readonly open = new Map<string, OpenComparison>();

  public constructor(around: Surroundings) {
    this.intrinsics = new Intrinsics(around);
  }

  public holds(source: TemplateSource, name: string, world: World): boolean {
    const raw = source.raw.Conditions?.[name];
    return raw === undefined || this.evaluate(raw, source, world);
  }

  /** Every combination of outcomes that can be; where they are too many, all true and all false, and a note that says so. */
  public worlds(sources: readonly TemplateSource[]): { readonly worlds: World[]; readonly note?: string } {
    for (const source of sources) {
      usedConditions(source.raw).forEach((name) => this.holds(source, name, new Map()));
    }
    const keys = [...this.open.keys()];
    if (keys.length > MOST_ENUMERATED) {
      const worlds = [true, false].map((outcome) => new Map(keys.map((key) => [key, outcome])));
      return { worlds, note: `${keys.length} conditions are open until deployment; only all true and all false were looked at, not every combination.` };
    }
    const all = keys.reduce<World[]>((worlds, key) => worlds.flatMap((world) => [true, false].map((outcome) => new Map([...world, [key, outcome]]))), [new Map()]);
    return { worlds: all.filter((world) => this.possible(world)) };
  }

  /** A world in words, such as `Stage is 'prod'`. */
  public describe(world: World): string | undefined {
    const outcomes = [...world].map(([key, holds]) => {
      const { left, right } = this.open.get(key)!;
      return `${left} is ${holds ? '' : 'not '}'${right}'`;
    });
    return outcomes.length === 0 ? undefined : `when ${outcomes.join(' and ')}`;
  }

  /** One value does not equal two different texts. */
  private possible(world: World): boolean {
    const equal = [...world].filter(([, holds]) => holds).map(([key]) => this.open.get(key)!.left);
    return new Set(equal).size === equal.length;
  }

  private evaluate(raw: Raw, source: TemplateSource, world: World): boolean {
    const [name, argument] = Object.entries(raw as { [key: string]: Raw })[0];
    const operands = (argument as Raw[]);
    switch (name) {
      case 'Condition': return this.holds(source, String(argument), world);
      case 'Fn::Not': return !this.evaluate(operands[0], source, world);
      // All operands are evaluated, so that every open comparison is found.
      case 'Fn::And': return operands.map((operand) => this.evaluate(operand, source, world)).every(Boolean);
      case 'Fn::Or': return operands.map((operand) => this.evaluate(operand, source, world)).some(Boolean);
      case 'Fn::Equals': return this.compare(operands, source, world);
      default: return this.decide({ left: `${name} ${JSON.stringify(argument)}`, right: 'true' }, world);
    }
  }

  private compare(operands: Raw[], source: TemplateSource, world: World): boolean {
    const values = operands.map((operand) => this.intrinsics.resolve(operand, source) ?? '');
    const texts = values.map(literalText);
    if (texts.every((text) => text !== undefined)) {
      return texts[0] === texts[1];
    }
    const [left, right] = texts[0] === undefined ? values : [values[1], values[0]];
    return rendered(left) === rendered(right) || this.decide({ left: rendered(left), right: rendered(right) }, world);
  }

  private decide(comparison: OpenComparison, world: World): boolean {
    const key = JSON.stringify([comparison.left, comparison.right]);
    this.open.set(key, comparison);
    return world.get(key) ?? false;
  }
}

function usedConditions(raw: RawTemplate): Set<string> {
  const used = new Set<string>();
  if (raw.Conditions === undefined) {
    return used;
  }
  for (const resource of Object.values(raw.Resources ?? {})) {
    // Its condition is about the regions that CDK's own usage metadata exists in.
    if (resource.Type !== 'AWS::CDK::Metadata') {
      if (resource.Condition !== undefined) {
        used.add(resource.Condition);
      }
      addChoices(resource.Properties, used);
    }
  }
  addChoices(Object.values(raw.Outputs ?? {}).map(({ Value }) => Value), used);
  return used;
}

function addChoices(raw: Raw, used: Set<string>): void {
  if (typeof raw !== 'object' || raw === null) {
    return;
  }
  for (const [key, value] of Object.entries(raw)) {
    if (key === 'Fn::If' && Array.isArray(value)) {
      used.add(String(value[0]));
    }
    addChoices(value, used);
  }
}
