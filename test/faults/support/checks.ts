import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Stack, type IPolicyValidationContext } from 'aws-cdk-lib';
// CfnInclude reads YAML with this; it is no export of the package, and CfnInclude itself refuses some of the templates.
import { readYamlSync } from '../../../node_modules/aws-cdk-lib/cloudformation-include/lib/file-utils';
import { CostReport, HardeningCheck, ReachabilityCheck, type CheckReport, type CostSummary } from '../../../src/checks';

interface Check<Report> {
  validate(context: IPolicyValidationContext): unknown;
  report(): Report;
}

/** The report of a check over the template of one stack, which may be written by hand: the check reads it from its file. */
export function reportOf<Report>(check: Check<Report>, stack: Stack, yaml?: string): Report {
  const app = stack.node.root as App;
  app.synth();
  const path = join(app.outdir, stack.templateFile);
  if (yaml !== undefined) writeFileSync(path, JSON.stringify(parsed(yaml)));
  check.validate({
    appConstruct: app,
    templatePaths: [path],
    stackTemplates: [{ stackConstructPath: stack.node.path, templatePath: path }],
    accountId: undefined,
    region: undefined,
  });
  return check.report();
}

function parsed(yaml: string): unknown {
  const path = join(mkdtempSync(join(tmpdir(), 'given-')), 'given.yaml');
  writeFileSync(path, yaml);
  return readYamlSync(path) as unknown;
}

function empty(): Stack {
  return new Stack(new App({ analyticsReporting: false }), 'Given');
}

/** HardeningCheck over a template (YAML). */
export function hardening(yaml: string): CheckReport {
  return reportOf(new HardeningCheck(), empty(), yaml);
}

/** ReachabilityCheck over a template (YAML). */
export function reachability(yaml: string): CheckReport {
  return reportOf(new ReachabilityCheck(), empty(), yaml);
}

/** CostReport over a template (YAML). */
export function costs(yaml: string): CostSummary {
  return reportOf(new CostReport(), empty(), yaml);
}

/** All that the three checks say of a template (YAML), and the errors of those that end with one. */
export function everything(yaml: string): { readonly said: string[]; readonly crashes: string[] } {
  const said: string[] = [];
  const crashes: string[] = [];
  const ask = (messages: () => readonly string[]) => {
    try {
      said.push(...messages());
    } catch (error) {
      crashes.push(String(error));
    }
  };
  for (const check of [hardening, reachability]) {
    ask(() => {
      const report = check(yaml);
      return [...found(report, /./), ...report.notes];
    });
  }
  ask(() => costs(yaml).undecided.map(({ message }) => message));
  return { said, crashes };
}

/** A line for each finding of the rules at the resources with these logical ids, or at any. */
export function found({ findings }: Pick<CheckReport, 'findings'>, rules: RegExp, ...logicalIds: string[]): string[] {
  return findings.filter(({ ruleId, logicalId }) => rules.test(ruleId) && (logicalIds.length === 0 || logicalIds.includes(logicalId)))
    .map(({ outcome, ruleId, logicalId, message }) => `${outcome} ${ruleId} at ${logicalId}: ${message}`);
}

/** Those that stop synthesis. */
export function violations(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('violation '));
}

/** Names of the cases of which nothing is found. */
export function missing(cases: { readonly [name: string]: readonly string[] }): string[] {
  return Object.entries(cases).filter(([, lines]) => lines.length === 0).map(([name]) => name);
}

/** A VPC with an internet gateway and one subnet, `Subnet`, whose default route leads there: lines to stand below `Resources:`. */
export function publicNetwork({ defaultRoute = '0.0.0.0/0', publicAddresses = true } = {}): string {
  return `
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  Igw: { Type: AWS::EC2::InternetGateway }
  Att: { Type: AWS::EC2::VPCGatewayAttachment, Properties: { VpcId: !Ref Vpc, InternetGatewayId: !Ref Igw } }
  Subnet: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24${publicAddresses ? ', MapPublicIpOnLaunch: true' : ''} } }
  Rt: { Type: AWS::EC2::RouteTable, Properties: { VpcId: !Ref Vpc } }
  Default: { Type: AWS::EC2::Route, Properties: { RouteTableId: !Ref Rt, DestinationCidrBlock: ${defaultRoute}, GatewayId: !Ref Igw } }
  Assoc: { Type: AWS::EC2::SubnetRouteTableAssociation, Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref Rt } }`;
}
