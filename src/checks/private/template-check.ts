import * as fs from 'fs';
import * as path from 'path';
import { Validations, type IPolicyValidationContext, type IPolicyValidationPlugin, type PolicyValidationPluginReport } from 'aws-cdk-lib';
import { loadTemplates } from './load';
import { Evaluation, type CheckRule, type Verdict } from './rule';
import { InvalidBackendError } from '../../private/errors';
import { CheckOutcome, CheckReport, type CheckFinding, type CheckRuleResult } from '../check-report';

/** Found in the templates of one account and region. */
interface Part {
  readonly findings: CheckFinding[];
  readonly rules: CheckRuleResult[];
  readonly notes: readonly string[];
}

/**
 * A validation plugin over the synthesised templates: reads them, lets the rules judge, and heeds what was acknowledged.
 *
 * @internal
 */
export abstract class TemplateCheck implements IPolicyValidationPlugin {
  /** Name under which the validation report shows the check. */
  public readonly name: string;

  /** Version of this library. */
  public readonly version?: string;

  /** Ids of the rules, by which findings are acknowledged. */
  public readonly ruleIds?: string[];

  /** The CDK asks once for each account and region that the app deploys to. */
  private readonly parts = new Map<string, Part>();

  protected constructor(name: string, ruleIds: string[]) {
    this.name = name;
    this.version = packageVersion();
    this.ruleIds = ruleIds;
  }

  /** Called by the CDK during synthesis: judges the templates. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const { models, notes } = loadTemplates(context);
    const verdicts = models.map((model) => {
      const evaluation = new Evaluation(model);
      this._evaluate(evaluation);
      return evaluation.verdicts.map((verdict) => ({ ...verdict, checkName: this.name, condition: model.condition }));
    });
    const part = { ...merge(verdicts), notes };
    this.parts.set(context.templatePaths.join('\n'), part);
    return toPluginReport(part.findings);
  }

  /** @internal */
  public abstract _evaluate(evaluation: Evaluation): void;

  /**
   * What was found, once the app was synthesised with this check.
   *
   * @internal
   */
  public _report(): CheckReport {
    if (this.parts.size === 0) {
      throw new InvalidBackendError(undefined, `${this.name} has no report yet. Add it with Validations.of(app).addPlugins(check), call app.synth(), then check.report().`);
    }
    const parts = [...this.parts.values()];
    const notes = new Set(parts.flatMap((part) => part.notes));
    return new CheckReport(this.name, sumRules(parts.flatMap(({ rules }) => rules)), parts.flatMap(({ findings }) => findings), [...notes]);
  }
}

type WorldVerdict = Verdict & { readonly checkName: string; readonly condition?: string };

/** One finding for what is found in every world, and what holds only where it holds in every world. */
function merge(worlds: readonly (readonly WorldVerdict[])[]): Omit<Part, 'notes'> {
  const subjects = new Map<string, { readonly rule: CheckRule; held: boolean }>();
  const found = new Map<string, { readonly verdict: WorldVerdict; times: number }>();
  for (const verdict of worlds.flat()) {
    const subject = `${verdict.rule.id}\n${verdict.resource.template.path}#${verdict.resource.logicalId}`;
    const before = subjects.get(subject);
    subjects.set(subject, { rule: verdict.rule, held: verdict.held && (before?.held ?? true) });
    if (!verdict.held) {
      const key = `${subject}\n${verdict.message}`;
      const seen = found.get(key);
      found.set(key, { verdict: seen?.verdict ?? verdict, times: (seen?.times ?? 0) + 1 });
    }
  }
  const findings = [...found.values()].map(({ verdict, times }) => toFinding(verdict, times < worlds.length ? verdict.condition : undefined));
  findings.sort((a, b) => compare(a.ruleId, b.ruleId) || compare(a.constructPath, b.constructPath));
  const results = [...subjects.values()].map(({ rule, held }) => ({ ruleId: rule.id, title: rule.title, applied: 1, held: held ? 1 : 0 }));
  return { findings, rules: sumRules(results) };
}

function toFinding(verdict: WorldVerdict, condition: string | undefined): CheckFinding {
  const { rule, resource, undecided, message, fix, location } = verdict;
  const acknowledgement = acknowledgementOf(verdict);
  const outcome = undecided === true ? CheckOutcome.UNDECIDED : rule.severity === 'error' ? CheckOutcome.VIOLATION : CheckOutcome.ADVICE;
  return {
    ruleId: rule.id,
    outcome: acknowledgement === undefined ? outcome : CheckOutcome.ACKNOWLEDGED,
    constructPath: resource.constructPath,
    resourceType: resource.type,
    logicalId: resource.logicalId,
    templatePath: resource.template.path,
    message: `${message}${condition === undefined ? '' : ` (${condition})`}`,
    location,
    fix: fix ?? rule.fix,
    acknowledgement,
  };
}

/** The reason given on the construct or on one that it stands in. */
function acknowledgementOf({ checkName, rule, resource }: WorldVerdict): string | undefined {
  const ids = [`Annotation::${rule.id}`, `${checkName}::${rule.id}`, `${checkName}::${idAt(rule.id, resource.constructPath)}`];
  for (const scope of resource.construct?.node.scopes.reverse() ?? []) {
    for (const { type, data } of scope.node.metadata) {
      const reasons = type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY ? data as Record<string, string> : {};
      const id = ids.find((each) => each in reasons);
      if (id !== undefined) {
        return reasons[id];
      }
    }
  }
  return undefined;
}

/** With its place, because aws-cdk-lib lets an acknowledged name pass in the whole app, wherever it was acknowledged. */
function idAt(ruleId: string, constructPath: string): string {
  return `${ruleId}[${constructPath}]`;
}

function sumRules(results: readonly CheckRuleResult[]): CheckRuleResult[] {
  const sums = new Map<string, CheckRuleResult>();
  for (const result of results) {
    const sum = sums.get(result.ruleId);
    sums.set(result.ruleId, { ...result, applied: result.applied + (sum?.applied ?? 0), held: result.held + (sum?.held ?? 0) });
  }
  return [...sums.values()].sort((a, b) => compare(a.ruleId, b.ruleId));
}

function toPluginReport(findings: readonly CheckFinding[]): PolicyValidationPluginReport {
  const active = findings.filter(({ outcome }) => outcome !== CheckOutcome.ACKNOWLEDGED);
  return {
    success: active.every(({ outcome }) => outcome !== CheckOutcome.VIOLATION),
    violations: active.map(({ ruleId, outcome, constructPath, message, fix, logicalId, templatePath, location }) => ({
      ruleName: idAt(ruleId, constructPath),
      description: outcome === CheckOutcome.UNDECIDED ? `Undecided: ${message}` : message,
      fix,
      severity: outcome === CheckOutcome.VIOLATION ? 'error' : 'warning',
      violatingResources: [{ resourceLogicalId: logicalId, templatePath, locations: location === undefined ? [] : [location] }],
    })),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function packageVersion(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '../../../package.json'), 'utf8')) as { version: string }).version;
}
