import { App, CfnResource, Stack, Validations, type Environment } from 'aws-cdk-lib';
import { CostReport, type CostReportProps, type CostSummary } from '../../../src/checks/cost';

/** Synthesises and prices what a function builds in one stack. */
export function priceOf(build: (stack: Stack) => void, props: CostReportProps = { region: 'us-east-1' }, env: Environment = {}): CostSummary {
  return priceOfApp((app) => build(new Stack(app, 'Stack', { env })), props);
}

export function priceOfApp(build: (app: App) => void, props: CostReportProps = { region: 'us-east-1' }): CostSummary {
  const app = new App();
  build(app);
  const check = new CostReport(props);
  Validations.of(app).addPlugins(check);
  silently(() => app.synth());
  return check.report();
}

/** The CDK prints every finding. */
export function silently<T>(synth: () => T): T {
  const error = jest.spyOn(console, 'error').mockImplementation();
  try {
    return synth();
  } finally {
    error.mockRestore();
  }
}

/** A resource as it stands in a template. */
export function resource(stack: Stack, id: string, type: string, properties: Record<string, unknown> = {}): CfnResource {
  return new CfnResource(stack, id, { type, properties });
}

/** The lines of a report as `price key: quantity unit at price = amount (idle amount)`. */
export function linesOf({ lines }: Pick<CostSummary, 'lines'>): string[] {
  return lines.map(({ priceKey, quantity, unit, unitPrice, monthly, idleMonthly }) =>
    `${priceKey}: ${quantity} ${unit} at ${unitPrice} = ${monthly} (${idleMonthly})`);
}
