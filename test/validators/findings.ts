import * as fs from 'fs';
import * as path from 'path';
import { App, Stack, Validations, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { Catcher, Mistake } from './mistakes';
import { CostReport } from '../../src/checks/cost';
import { ReachabilityCheck } from '../../src/checks/reachability';

/** What a check said of one app: each rule with the construct it is about. */
export interface Finding {
  readonly catcher: Catcher;
  readonly rule: string;
  readonly constructPath: string;
}

interface Report {
  readonly pluginReports: {
    readonly pluginName: string;
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
  return [new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ReachabilityCheck(), CostReport.budget(BUDGET)];
}

/** What the checks say of a mistake and not of the same app without it. */
export function findingsOf({ seed, withLibrary }: Mistake): Finding[] {
  const without = judge(seed, false);
  const known = new Set(without.map((finding) => JSON.stringify(finding)));
  if (without.some(({ catcher }) => catcher === 'aws-cdk-lib')) {
    throw new Error(`The app without the mistake does not synthesise: ${JSON.stringify(without)}`);
  }
  return [...judge(seed, true).filter((finding) => !known.has(JSON.stringify(finding))), ...libraryErrors(withLibrary)];
}

function judge(seed: Mistake['seed'], wrong: boolean): Finding[] {
  const app = new App();
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
  return report.pluginReports.filter(({ pluginName }) => pluginName in PLUGINS).flatMap(({ pluginName, violations }) => violations
    .filter(({ severity, description }) => severity === 'error' && !description.startsWith('Undecided'))
    .flatMap(({ ruleName, violatingConstructs }) => violatingConstructs.map(({ constructPath }) => ({ catcher: PLUGINS[pluginName], rule: ruleName.replace(/\[.*/, ''), constructPath }))));
}

function libraryErrors(seed: Mistake['withLibrary']): Finding[] {
  if (seed === undefined) {
    return [];
  }
  errorOf(seed, false);
  const error = errorOf(seed, true);
  return error === undefined ? [] : [{ catcher: 'library', rule: error, constructPath: 'Stack' }];
}

function errorOf(seed: Required<Mistake>['withLibrary'], wrong: boolean): string | undefined {
  const app = new App();
  try {
    seed(new Stack(app, 'Stack'), wrong);
    app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
