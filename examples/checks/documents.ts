import * as fs from 'fs';
import * as path from 'path';
import { Validations, type App } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, ReachabilityCheck, type CheckReport, type CostSummary } from 'cdk-private-backend';
import { buildExample, EXAMPLES, POSTURES } from './cases';
import { buildPopularPattern } from './popular-pattern';
import { COST_RULES } from '../../src/checks/cost/private/rules';
import { HARDENING_RULES } from '../../src/checks/hardening/private/rules';
import type { CheckRule } from '../../src/checks/private/rule';
import { REACHABILITY_RULES } from '../../src/checks/reachability/private/rules';

const ROOT = path.join(__dirname, '../..');

/** What the three checks say of one app. */
export interface Checked {
  readonly reachability: CheckReport;
  readonly hardening: CheckReport;
  readonly cost: CostSummary;
}

/** Synthesises an app with the three checks. What they find is in the reports; any other error is thrown. */
export function check(app: App): Checked {
  const [reachability, hardening, cost] = [new ReachabilityCheck(), new HardeningCheck(), new CostReport()];
  Validations.of(app).addPlugins(reachability, hardening, cost);
  try {
    app.synth();
  } catch (error) {
    if (!String(error).includes('Validation failed') && !/ReachabilityCheck|HardeningCheck|CostReport/.test(String(error))) {
      throw error;
    }
  }
  return { reachability: reachability.report(), hardening: hardening.report(), cost: cost.report() };
}

/** Every document that holds what the checks say, by its path in the repository, as it should be. */
export function documents(): Map<string, string> {
  const checked = EXAMPLES.map((example) => {
    const results = POSTURES.map((posture) => ({ title: posture as string, checked: check(buildExample(example, posture).app) }));
    return { example, results };
  });
  const documented = new Map(checked.map(({ example, results }) => {
    const file = `examples/${example.directory}/README.md`;
    return [file, withGenerated(file, 'checks', summary(results))] as const;
  }));
  const popular = { title: '`ApplicationLoadBalancedFargateService`, `DatabaseInstance` and `BastionHostLinux`, all defaults', checked: check(buildPopularPattern()) };
  const [{ results }] = checked;
  const page = 'docs/checks.md';
  const withRules = [['reachability-rules', REACHABILITY_RULES], ['hardening-rules', HARDENING_RULES], ['cost-rules', Object.values(COST_RULES)]] as const;
  const text = withRules.reduce((before, [name, rules]) => replaceGenerated(before, name, rules.map(ruleSection).join('\n\n')), read(page));
  const outputs = [...results.map((result) => ({ ...result, title: `Example 01 in ${result.title}` })), popular];
  return documented.set(page, replaceGenerated(text, 'outputs', outputs.map(({ title, checked: each }) => output(title, each)).join('\n\n')));
}

function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

function withGenerated(file: string, name: string, content: string): string {
  return replaceGenerated(read(file), name, content);
}

function replaceGenerated(text: string, name: string, content: string): string {
  const part = new RegExp(`(<!-- ${name}: written by npm run docs:checks -->\n)[^]*?(<!-- /${name} -->)`);
  if (!part.test(text)) {
    throw new Error(`There is no part '${name}' to write into.`);
  }
  return text.replace(part, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}

function ruleSection({ id, title, why, fix, severity, see }: CheckRule): string {
  return [`#### \`${id}\``, '', `${title}. ${why}`, '', `${severity === 'error' ? 'Stops synthesis' : 'Warns'}. ${fix}${see === undefined ? '' : ` [Source](${see}).`}`].join('\n');
}

/** One table over the postures, and the costs line by line below. */
function summary(results: readonly { readonly title: string; readonly checked: Checked }[]): string {
  const row = (name: string, cell: (checked: Checked) => string) => `| ${name} | ${results.map(({ checked }) => cell(checked)).join(' | ')} |`;
  return [
    `| | ${results.map(({ title }) => title).join(' | ')} |`,
    `|---|${results.map(() => '---|').join('')}`,
    row('`ReachabilityCheck`', ({ reachability }) => verdict(reachability)),
    row('`HardeningCheck`', ({ hardening }) => verdict(hardening)),
    row('`CostReport`, USD a month', ({ cost }) => `${cost.total.toFixed(2)}`),
    row('`CostReport`, paused', ({ cost }) => `${cost.idleTotal.toFixed(2)}`),
    '',
    ...results.map(({ title, checked: { hardening, cost } }) => folded(`Cost and accepted findings in ${title}`, [cost.toMarkdown(), ...accepted(hardening)].join('\n\n'))),
  ].join('\n');
}

function verdict(report: CheckReport): string {
  return report.summary.replace(/^\w+: /, '').replace(/\.$/, '');
}

function accepted(report: CheckReport): string[] {
  const lines = report.findings.filter(({ acknowledgement }) => acknowledgement !== undefined)
    .map(({ ruleId, constructPath, acknowledgement }) => `- \`${ruleId}\` at \`${constructPath}\`: ${acknowledgement}`);
  return lines.length === 0 ? [] : ['Accepted findings:', lines.join('\n')];
}

function output(title: string, { reachability, hardening, cost }: Checked): string {
  return [`### ${title}`, reachability.summary, hardening.summary, `CostReport: ${cost.total.toFixed(2)} USD a month, ${cost.idleTotal.toFixed(2)} paused.`,
    folded('The three reports', [reachability.toMarkdown(), hardening.toMarkdown(), cost.toMarkdown()].join('\n\n'))].join('\n\n');
}

function folded(title: string, content: string): string {
  return ['<details>', `<summary>${title}</summary>`, '', content, '', '</details>', ''].join('\n');
}
