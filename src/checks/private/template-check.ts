import * as fs from 'fs';
import * as path from 'path';
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { loadTemplates } from './load';
import type { TemplateModel } from './model';
import { Evaluation, type CheckRule, type Verdict } from './rule';
import { NESTED_STACK } from './source';
import { readContext, readFolder, type SourceGroup } from './source-reader';
import { InvalidBackendError } from '../../private/errors';
import { CheckOutcome, CheckReport, type CheckFinding, type CheckRuleResult } from '../check-report';

const NESTED_TEMPLATE: CheckRule = {
  id: 'nested-template',
  title: 'The template of each nested stack is there',
  why: 'A check judges nothing in a nested stack whose template it does not have.',
  fix: 'Use NestedStack, whose template is a part of the app, or check the other template on its own and acknowledge this finding.',
  severity: 'warning',
};

/** Not a finding, since no resource has it. */
const NOTHING_JUDGED = 'nothing-judged';

/** Found in the templates of one account and region. */
interface Part {
  readonly findings: CheckFinding[];
  readonly rules: CheckRuleResult[];
  readonly notes: readonly string[];
  /** Says that there was nothing to judge, where that is so. */
  readonly empty: readonly string[];
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
    this.ruleIds = [...ruleIds, NESTED_TEMPLATE.id];
  }

  /** Called by the CDK during synthesis: judges the templates. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const { findings, empty } = this.judge(readContext(`${this.name}.validate()`, context));
    return toPluginReport(findings, empty, context.templatePaths);
  }

  /**
   * Judges the templates of a cloud assembly without the app that they come from, as in synthesis: once for each account and region.
   * `report()` has the result.
   *
   * Postures are known from the metadata of the resources of this library. What was acknowledged on a stack or below it is heeded;
   * what was acknowledged on the app or a stage isn't in the folder.
   *
   * @param directory the folder that `cdk synth` wrote, such as `cdk.out`
   * @throws InvalidBackendError where the folder isn't a cloud assembly, or a file of it can't be read
   */
  public validateAssembly(directory: string): void {
    readFolder(`${this.name}.validateAssembly()`, directory).forEach((group) => this.judge(group));
  }

  /** @internal */
  public abstract _evaluate(evaluation: Evaluation): void;

  /**
   * Called before the models of a group of templates are evaluated.
   *
   * @internal
   */
  public _begin(_name: string, _group: SourceGroup): void {
    // Most checks have nothing to prepare.
  }

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
    return new CheckReport(this.name, sumRules(parts.flatMap(({ rules }) => rules)), inOrder(parts.flatMap(({ findings }) => findings)), [...notes]);
  }

  private judge(group: SourceGroup): Part {
    const { models, unread, notes } = loadTemplates(group);
    const paths = group.sources.filter(({ judged, nestedIn }) => judged && nestedIn === undefined).map((source) => source.path);
    const name = paths.join('\n');
    this._begin(name, group);
    const evaluations = models.map((model) => {
      const evaluation = new Evaluation(model);
      this._evaluate(evaluation);
      judgeNested(evaluation, unread);
      return evaluation;
    });
    const empty = models.every(isEmpty) ? [nothingJudged(paths)] : [];
    const part = { ...merge(this.name, evaluations), notes: [...notes, ...empty], empty };
    this.parts.set(name, part);
    return part;
  }
}

function judgeNested(evaluation: Evaluation, unread: ReadonlySet<string>): void {
  for (const stack of evaluation.model.ofType(NESTED_STACK).filter(({ key }) => unread.has(key))) {
    evaluation.leavesOpen(NESTED_TEMPLATE, stack, `the template of ${stack.name} isn't among those of the app, so nothing in it was judged.`, { location: 'Properties/TemplateURL' });
  }
}

/** The CDK adds a resource about itself to every stack. */
function isEmpty({ resources }: TemplateModel): boolean {
  return resources.every(({ type }) => type === 'AWS::CDK::Metadata');
}

function nothingJudged(paths: readonly string[]): string {
  return `Nothing was judged: ${paths.length === 0 ? 'there are no templates' : `no resources are in ${paths.map((each) => path.basename(each)).join(', ')}`}.`;
}

/** What was found, in how many of the models, and in which first. */
interface Found {
  readonly verdict: Verdict;
  readonly condition?: string;
  times: number;
}

/** One finding for what is found in every model, and what holds only where it holds in every one. */
function merge(checkName: string, evaluations: readonly Evaluation[]): Pick<Part, 'findings' | 'rules'> {
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
  const results = [...held].map(([rule, subjects]) => ({
    ruleId: rule.id,
    title: rule.title,
    applied: subjects.size,
    held: [...subjects.values()].filter((holds) => holds).length,
  }));
  return { findings: inOrder(findings), rules: sumRules(results) };
}

function inOrder(findings: readonly CheckFinding[]): CheckFinding[] {
  return [...findings].sort((a, b) => compare(a.ruleId, b.ruleId) || compare(a.constructPath, b.constructPath));
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
  return resource.origin.acknowledgements.flatMap((reasons) => ids.filter((id) => id in reasons).map((id) => reasons[id]))[0];
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

function toPluginReport(findings: readonly CheckFinding[], empty: readonly string[], templatePaths: readonly string[]): PolicyValidationPluginReport {
  const active = findings.filter(({ outcome }) => outcome !== CheckOutcome.ACKNOWLEDGED);
  return {
    success: active.every(({ outcome }) => outcome !== CheckOutcome.VIOLATION),
    violations: [
      ...active.map(({ ruleId, outcome, constructPath, message, fix, logicalId, templatePath, location }) => ({
        ruleName: idAt(ruleId, constructPath),
        description: outcome === CheckOutcome.UNDECIDED ? `Undecided: ${message}` : message,
        fix,
        severity: outcome === CheckOutcome.VIOLATION ? 'error' : 'warning',
        violatingResources: [{ resourceLogicalId: logicalId, templatePath, locations: location === undefined ? [] : [location] }],
      })),
      ...empty.map((description) => ({
        ruleName: NOTHING_JUDGED,
        description,
        severity: 'warning',
        violatingResources: templatePaths.map((templatePath) => ({ templatePath, locations: [] })),
      })),
    ],
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function packageVersion(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '../../../package.json'), 'utf8')) as { version: string }).version;
}
