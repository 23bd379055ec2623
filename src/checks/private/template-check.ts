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
    const evaluations = models.map((model) => {
      const evaluation = new Evaluation(model);
      this._evaluate(evaluation);
      return evaluation;
    });
    const part = { ...merge(this.name, evaluations), notes };
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
      throw new InvalidBackendError(`${this.name}.report()`, 'Check.noReport', 'The check hasn\'t run yet, so there is nothing to report. Add it with `Validations.of(app).addPlugins(check)`, and call `app.synth()` before `check.report()`.');
    }
    const parts = [...this.parts.values()];
    const notes = new Set(parts.flatMap((part) => part.notes));
    return new CheckReport(this.name, sumRules(parts.flatMap(({ rules }) => rules)), parts.flatMap(({ findings }) => findings), [...notes]);
  }
}

/** What was found, in how many of the models, and in which first. */
interface Found {
  readonly verdict: Verdict;
  readonly condition?: string;
  times: number;
}

/** One finding for what is found in every model, and what holds only where it holds in every one. */
function merge(checkName: string, evaluations: readonly Evaluation[]): Omit<Part, 'notes'> {
  const held = new Map<CheckRule, Map<string, boolean>>();
  const found = new Map<string, Found>();
  for (const { model, verdicts } of evaluations) {
    for (const verdict of verdicts) {
      const { rule, resource } = verdict;
      const subjects = held.get(rule) ?? new Map<string, boolean>();
      held.set(rule, subjects.set(resource.key, verdict.held && (subjects.get(resource.key) ?? true)));
      if (!verdict.held) {
        const key = [rule.id, resource.key, verdict.message].join('\n');
        const before = found.get(key);
        found.set(key, { verdict, condition: model.condition, ...before, times: (before?.times ?? 0) + 1 });
      }
    }
  }
  const findings = [...found.values()].map(({ verdict, condition, times }) => toFinding(checkName, verdict, times < evaluations.length ? condition : undefined));
  findings.sort((a, b) => compare(a.ruleId, b.ruleId) || compare(a.constructPath, b.constructPath));
  const results = [...held].map(([rule, subjects]) => ({
    ruleId: rule.id,
    title: rule.title,
    applied: subjects.size,
    held: [...subjects.values()].filter((holds) => holds).length,
  }));
  return { findings, rules: sumRules(results) };
}

function toFinding(checkName: string, verdict: Verdict, condition: string | undefined): CheckFinding {
  const { rule, resource, undecided, message, fix, location } = verdict;
  const acknowledgement = acknowledgementOf(checkName, verdict);
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
function acknowledgementOf(checkName: string, { rule, resource }: Verdict): string | undefined {
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
