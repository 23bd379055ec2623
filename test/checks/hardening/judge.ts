import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import type { CheckReport } from '../../../src/checks/check-report';
import { HardeningCheck, type HardeningLevel } from '../../../src/checks/hardening';

export type Build = (stack: Stack, app: App) => void;
export type Expected = 'holds' | 'violation' | 'advice' | 'undecided' | 'does not apply';

/** An app, and what one rule says of it. */
export interface Case {
  readonly rule: string;
  readonly name: string;
  readonly build: Build;
  readonly expected: Expected;
  /** What a finding says. */
  readonly message?: RegExp;
  readonly level?: HardeningLevel;
}

/** Cases of one rule: a name and an app for each outcome. */
export function casesOf(rule: string, cases: Partial<Record<Expected, { readonly [name: string]: Build | readonly [Build, RegExp] }>>, level?: HardeningLevel): Case[] {
  return Object.entries(cases).flatMap(([expected, apps]) => Object.entries(apps).map(([name, app]): Case => {
    const [build, message] = typeof app === 'function' ? [app] : app;
    return { rule, name, build, message, expected: expected as Expected, level };
  }));
}

/** Synthesises an app with the check, and gives what it found; a violation stops synthesis, which is expected of some. */
export function judge(app: App, level?: HardeningLevel): CheckReport {
  const quiet = jest.spyOn(console, 'error').mockImplementation();
  const check = new HardeningCheck({ level });
  Validations.of(app).addPlugins(check);
  try {
    app.synth();
  } catch (error) {
    expect(String(error)).toMatch(/HardeningCheck/);
  } finally {
    quiet.mockRestore();
  }
  return check.report();
}

export function judgeStack(build: Build, level?: HardeningLevel): CheckReport {
  const app = new App({ analyticsReporting: false });
  build(new Stack(app, 'Main'), app);
  return judge(app, level);
}

/** What one rule says, and the messages of its findings. */
export function outcomeOf(report: CheckReport, rule: string): { readonly outcomes: string[]; readonly messages: string } {
  const findings = report.findings.filter(({ ruleId }) => ruleId === rule);
  const result = report.rules.find(({ ruleId }) => ruleId === rule);
  const outcomes = findings.length > 0 ? [...new Set(findings.map(({ outcome }) => String(outcome)))] : [result === undefined ? 'does not apply' : 'holds'];
  return { outcomes, messages: findings.map(({ message }) => message).join('\n') };
}

/** A resource as it stands in a template. */
export function raw(stack: Stack, id: string, type: string, properties: Record<string, unknown> = {}, options: { readonly DeletionPolicy?: string } = {}): CfnResource {
  const resource = new CfnResource(stack, id, { type, properties });
  Object.entries(options).forEach(([name, value]) => resource.addOverride(name, value));
  return resource;
}

/** Builds one raw resource. */
export function one(type: string, properties: Record<string, unknown> = {}, options = {}): Build {
  return (stack) => {
    raw(stack, 'Subject', type, properties, options);
  };
}
