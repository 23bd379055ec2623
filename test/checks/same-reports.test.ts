import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { App } from 'aws-cdk-lib';
import { buildExample, EXAMPLES, POSTURES } from '../../examples/checks/cases';
import { buildPopularPattern } from '../../examples/checks/popular-pattern';
import { CostReport, HardeningCheck, HardeningLevel, ReachabilityCheck, type CheckReport } from '../../src/checks';
import { errorOf } from '../support/validated';

const checks = () => [new ReachabilityCheck(), new HardeningCheck(), new HardeningCheck({ level: HardeningLevel.PRODUCTION }), new CostReport()];

/** Everything that reports say, with templates by their place in the folder. */
function saidBy(made: ReturnType<typeof checks>, directory: string): unknown[] {
  return made.map((check) => {
    const report = check.report();
    return 'findings' in report ? { ...report, summary: report.summary, findings: located(report, directory) } : report;
  });
}

function located({ findings }: CheckReport, directory: string): unknown[] {
  return findings.map((finding) => ({ ...finding, templatePath: path.relative(directory, finding.templatePath) }));
}

/** What the checks say of an app while it is synthesised; then of a copy of its folder. */
function bothWays(app: App): { readonly ofApp: unknown[]; readonly ofFolder: unknown[] } {
  const plugins = checks();
  errorOf(app, plugins);
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'assembly-'));
  try {
    fs.cpSync(app.outdir, copy, { recursive: true });
    const others = checks();
    others.forEach((check) => check.validateAssembly(copy));
    return { ofApp: saidBy(plugins, fs.realpathSync(app.outdir)), ofFolder: saidBy(others, copy) };
  } finally {
    fs.rmSync(copy, { recursive: true });
  }
}

const APPS = [
  ...EXAMPLES.flatMap((example) => POSTURES.map((posture) => ({ name: `example ${example.directory} in ${posture}`, build: () => buildExample(example, posture).app }))),
  { name: 'an app of many mistakes', build: buildPopularPattern },
];

test.each(APPS)('$name has the same reports as the folder that it is synthesised to', ({ build }) => {
  const { ofApp, ofFolder } = bothWays(build());
  expect(ofApp).toHaveLength(4);
  expect(ofFolder).toEqual(ofApp);
});
