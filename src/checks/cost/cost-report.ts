import { CostSummary } from './cost-summary';
import { priceModel, type PricedModel } from './private/price';
import { PRICE_TABLES } from './private/price-book';
import { Regions } from './private/regions';
import { COST_RULES } from './private/rules';
import { InvalidBackendError } from '../../private/errors';
import type { Evaluation } from '../private/rule';
import { TemplateCheck } from '../private/template-check';

/** Options of the prices that a cost report uses. */
export interface CostPriceOptions {
  /**
   * Region whose prices hold for stacks that name no region, and for regions without a price table: `us-east-1`,
   * `eu-central-1` or `eu-west-1`.
   *
   * @default 'us-east-1'
   */
  readonly region?: string;

  /**
   * US dollars for one unit of prices that differ from the list or are missing in it, such as
   * `{ 'nat-gateway': 0.04, 'rds-postgres:db.r8g.large': 0.25 }`. The keys are in the report, as `priceKey`.
   *
   * @default - list prices
   */
  readonly prices?: { [key: string]: number };
}

/** Properties of a cost report. */
export interface CostReportProps extends CostPriceOptions {
  /**
   * US dollars a month that the app may cost while everything runs. More is an error.
   *
   * @default - no limit
   */
  readonly budget?: number;
}

/** The outcome of the conditions that costs most, for the stacks of one account and region. */
interface Part {
  readonly priced: PricedModel;
  readonly condition?: string;
  readonly outcomes: number;
}

/**
 * What an app costs a month, read from its synthesised templates, without an AWS account.
 *
 * Works on any app, not only on constructs of this library. Add it, synthesise, and read the report.
 *
 * ## What is counted
 *
 * What is charged by the hour or by the month whether anybody uses it or not: NAT gateways, endpoints, load balancers,
 * Fargate tasks, database instances and their storage, Aurora capacity at its least, cache nodes, Kafka clusters, EC2
 * instances and volumes, public IPv4 addresses, keys, secrets, alarms, dashboards, web ACLs, hosted zones; at dated list
 * prices in US dollars, for 730 hours. What is charged by use counts nothing and is listed; a type without a known
 * price is listed and is a warning; what the templates leave open is listed with what was assumed, and is a warning.
 *
 * Where conditions of a template are open, the outcome that costs most is reported.
 *
 * ## Security considerations
 *
 * Nothing leaves the machine: no network, no credentials.
 *
 * @see https://calculator.aws
 *
 * @example
 * import { App, Validations } from 'aws-cdk-lib';
 * import { CostReport } from 'cdk-private-backend';
 *
 * const app = new App();
 * const cost = new CostReport({ region: 'eu-central-1' });
 * Validations.of(app).addPlugins(cost, CostReport.budget(500));
 * app.synth();
 * const table = cost.report().toText();
 */
export class CostReport extends TemplateCheck {
  /**
   * Fails synthesis when the app costs more than an amount. Stacks of several accounts or regions are judged one after the other: each
   * with the sum of it and those before, so that the last one sees all.
   *
   * @param amount US dollars a month while everything runs
   * @param options where its prices come from
   * @throws InvalidBackendError when the amount is negative, or the region has no price table
   */
  public static budget(amount: number, options: CostPriceOptions = {}): CostReport {
    return new CostReport({ ...options, budget: amount });
  }

  /** Regions that have a price table. */
  public static get regions(): string[] {
    return PRICE_TABLES.map(({ region }) => region);
  }

  private readonly limit?: number;
  private readonly pricing: Regions;
  private readonly costs = new Map<string, Part>();
  private current = '';

  /** @throws InvalidBackendError when the budget is negative, or the region has no price table */
  public constructor(props: CostReportProps = {}) {
    super('CostReport', Object.values(COST_RULES).map(({ id }) => id));
    if (props.budget !== undefined && !(props.budget >= 0)) {
      throw new InvalidBackendError('CostReport.budget()', 'CostReport.budget', `\`budget\` must be at least 0 US dollars a month, got ${props.budget}.`);
    }
    this.limit = props.budget;
    this.pricing = new Regions(props.region, props.prices);
  }

  /**
   * What the app costs, once it was synthesised with this report.
   *
   * @throws InvalidBackendError when the app was not synthesised yet
   */
  public report(): CostSummary {
    const { notes } = this._report();
    // In one order, whichever of the app's templates are judged first.
    const parts = [...this.costs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
    const ledgers = parts.map(({ priced }) => priced.ledger);
    return new CostSummary({
      lines: ledgers.flatMap(({ lines }) => lines),
      assumptions: [...new Set([
        ...this.basis(),
        ...this.pricing.assumptions,
        ...parts.flatMap(({ condition, outcomes }) => (condition === undefined ? [] : [`Conditions leave ${outcomes} outcomes open; the one that costs most is shown, ${condition}.`])),
        ...estimates(ledgers.flatMap(({ estimates: names }) => [...names])),
        ...ledgers.flatMap(({ assumptions }) => [...assumptions]),
        ...notes,
      ])],
      undecided: ledgers.flatMap(({ open }) => open).map(({ resource, message }) => ({ constructPath: resource.name, resourceType: resource.type, message })),
      unknownTypes: sorted(parts.flatMap(({ priced }) => priced.unknown.map(({ type }) => type))),
      usageBasedTypes: sorted(ledgers.flatMap(({ usageBased }) => [...usageBased])),
    });
  }

  /** @internal */
  public _begin(name: string): void {
    this.current = name;
    this.costs.delete(name);
  }

  /** @internal */
  public _evaluate(evaluation: Evaluation): void {
    const priced = priceModel(evaluation.model, (resource) => this.pricing.bookOf(resource));
    const before = this.costs.get(this.current);
    const outcomes = (before?.outcomes ?? 0) + 1;
    this.costs.set(this.current, before === undefined || priced.total > before.priced.total
      ? { priced, condition: evaluation.model.condition, outcomes }
      : { ...before, outcomes });
    const open = new Set(priced.ledger.open.map(({ resource }) => resource));
    priced.ledger.open.forEach(({ resource, message }) => evaluation.leavesOpen(COST_RULES.undecided, resource, message));
    [...priced.ledger.costs.keys()].filter((resource) => !open.has(resource)).forEach((resource) => evaluation.holds(COST_RULES.undecided, resource));
    const unknown = new Set(priced.unknown);
    evaluation.model.resources.forEach((resource) => (unknown.has(resource)
      ? evaluation.violates(COST_RULES.unknownType, resource, `No price of ${resource.type} is known, so it is not in the total.`)
      : evaluation.holds(COST_RULES.unknownType, resource)));
    this.judgeBudget(evaluation, priced);
  }

  /** Told at the resource that costs most: there is no place in a template for a sum. */
  private judgeBudget(evaluation: Evaluation, priced: PricedModel): void {
    const [dearest] = [...priced.ledger.costs].sort(([, a], [, b]) => b - a);
    if (this.limit === undefined || dearest === undefined) {
      return;
    }
    const others = [...this.costs].filter(([key]) => key !== this.current).reduce((sum, [, part]) => sum + part.priced.total, 0);
    const total = priced.total + others;
    const [resource, cost] = dearest;
    if (total > this.limit) {
      evaluation.violates(COST_RULES.overBudget, resource, `The app costs ${total.toFixed(2)} USD a month, more than the budget of ${this.limit.toFixed(2)}. The most goes to ${resource.name}: ${cost.toFixed(2)}.`);
    } else {
      evaluation.holds(COST_RULES.overBudget, resource);
    }
  }

  private basis(): string[] {
    const tables = [...new Set([...this.costs.values()].flatMap(({ priced }) => priced.ledger.lines.map(({ region }) => region)))].sort();
    return tables.map((region) => `List prices of ${region}, ${PRICE_TABLES.find((table) => table.region === region)?.date}, in US dollars without tax, discounts and traffic, for a month of 730 hours.`);
  }
}

function estimates(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`Estimates, since no copy of the price list confirms them: ${sorted(names).join(', ')}.`];
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
