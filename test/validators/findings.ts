import * as fs from 'fs';
import * as path from 'path';
import { App, Stack, Validations, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { Catcher, Mistake } from './mistakes';
import { CostReport, HardeningCheck, ReachabilityCheck } from '../../src';

/** What a check said of one app: each rule with the construct it is about. */
export interface Finding {
  readonly catcher: Catcher;
  readonly rule: string;
  readonly constructPath: string;
  /** Whether the check could not tell. */
  readonly undecided?: true;
}

/** What the checks say of an app with a mistake and not of the same app without it; and what they say without it. */
export interface Findings {
  readonly mistake: Finding[];
  readonly rest: Finding[];
}

interface Report {
  readonly pluginReports: {
    readonly pluginName: string;
    readonly metadata?: { readonly error?: string };
    readonly violations: {
      readonly ruleName: string;
      readonly description: string;
      readonly severity: string;
      readonly violatingConstructs: { readonly constructPath: string }[];
    }[];
  }[];
}

/** Which report is of which catcher. */
const PLUGINS: { readonly [pluginName: string]: Catcher } = {
  'CloudFormation Validate': 'validator',
  'AwsSolutions': 'cdk-nag',
  'NIST.800.53.R5': 'cdk-nag',
  'ReachabilityCheck': 'ReachabilityCheck',
  'HardeningCheck': 'HardeningCheck',
  'CostReport': 'CostReport',
};

/** A budget that each of the apps keeps, unless something is wrong with it. */
const BUDGET = 60;

function pluginsOf(app: App): IPolicyValidationPlugin[] {
  return [new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ReachabilityCheck(), new HardeningCheck(), CostReport.budget(BUDGET)];
}

/** Builds and judges the app twice. */
export function findingsOf({ seed, withLibrary }: Mistake): Findings {
  const rest = judge(seed, false);
  if (rest.some(({ catcher }) => catcher === 'aws-cdk-lib')) {
    throw new Error(`The app without the mistake does not synthesise: ${JSON.stringify(rest)}`);
  }
  const known = new Set(rest.map((finding) => JSON.stringify(finding)));
  const mistake = judge(seed, true).filter((finding) => finding.undecided === undefined && !known.has(JSON.stringify(finding)));
  return { mistake: [...mistake, ...libraryErrors(withLibrary)], rest };
}

function judge(seed: Mistake['seed'], wrong: boolean): Finding[] {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  try {
    seed(new Stack(app, 'Stack'), wrong);
    Validations.of(app).addPlugins(...pluginsOf(app));
    app.synth();
  } catch (error) {
    if (!fs.existsSync(path.join(app.outdir, 'validation-report.json'))) {
      return [{ catcher: 'aws-cdk-lib', rule: (error as Error).message, constructPath: 'Stack' }];
    }
  }
  const report = JSON.parse(fs.readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as Report;
  const failure = report.pluginReports.find(({ metadata }) => metadata?.error !== undefined);
  if (failure !== undefined) {
    throw new Error(failure.metadata?.error);
  }
  return report.pluginReports.filter(({ pluginName }) => pluginName in PLUGINS).flatMap(({ pluginName, violations }) => violations
    .filter(({ severity, description }) => severity === 'error' || isUndecided(description))
    .flatMap(({ ruleName, description, violatingConstructs }) => violatingConstructs.map(({ constructPath }) => ({
      catcher: PLUGINS[pluginName], rule: ruleName.replace(/\[.*/, ''), constructPath, ...isUndecided(description) ? { undecided: true as const } : {},
    }))));
}

function isUndecided(description: string): boolean {
  return description.startsWith('Undecided');
}

function libraryErrors(seed: Mistake['withLibrary']): Finding[] {
  if (seed === undefined) {
    return [];
  }
  const [right, wrong] = [errorOf(seed, false), errorOf(seed, true)];
  if (right !== undefined) {
    throw new Error(`This library refuses the app without the mistake: ${right}`);
  }
  return wrong === undefined ? [] : [{ catcher: 'library', rule: wrong, constructPath: 'Stack' }];
}

function errorOf(seed: Required<Mistake>['withLibrary'], wrong: boolean): string | undefined {
  const app = new App();
  try {
    seed(new Stack(app, 'Stack', { terminationProtection: true }), wrong);
    app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
