import type { FoundPrice, PriceBook } from './price-book';
import { isSymbolic, rendered, resourceOf, type ModelResource, type TemplateModel } from '../../private/model';
import type { CostLine } from '../cost-summary';

/** Hours of an average month, as AWS's own calculator counts them. */
export const HOURS = 730;

/** What a resource is charged, told by the pricer of its type. */
export type Pricer = (resource: ModelResource, ledger: Ledger) => void;

/** Something that the templates leave open. */
export interface Open {
  readonly resource: ModelResource;
  readonly message: string;
}

/** How much of a price a resource takes. */
export interface Charge {
  /** Units a month while it runs. */
  readonly quantity: number;
  /**
   * Units a month while what can be stopped is stopped.
   *
   * @default - the same
   */
  readonly idle?: number;
}

/** Collects what the resources of one model cost. */
export class Ledger {
  public readonly lines: CostLine[] = [];
  public readonly assumptions = new Set<string>();
  public readonly open: Open[] = [];
  public readonly usageBased = new Set<string>();
  public readonly estimates = new Set<string>();
  public readonly costs = new Map<ModelResource, number>();

  public constructor(public readonly model: TemplateModel, private readonly bookOf: (resource: ModelResource) => PriceBook) {}

  /** Charges a price of the table of the resource's region. */
  public charge(resource: ModelResource, key: string, charge: Charge): void {
    this.record(resource, this.bookOf(resource).get(key), charge);
  }

  /** Charges an instance class, or leaves it open when the table does not have it. */
  public chargeClass(resource: ModelResource, kind: string, instanceClass: string, charge: Charge): void {
    const book = this.bookOf(resource);
    const price = book.ofClass(kind, instanceClass);
    if (price === undefined) {
      this.leaveOpen(resource, `The price table of ${book.table.region} has no ${instanceClass} (${kind}), which is not in the totals. Give its price by the hour: prices: { '${kind}:${instanceClass}': … }.`);
      return;
    }
    if (price.factor !== 1) {
      this.assumptions.add('Sizes of an instance family cost in proportion to its `large`.');
    }
    this.record(resource, price, charge);
  }

  /** List price, for a sentence about what is not in the totals. */
  public usd(resource: ModelResource, key: string): string {
    const { usd, unit } = this.bookOf(resource).get(key);
    return `${usd} USD for each ${unit}`;
  }

  public assume(sentence: string): void {
    this.assumptions.add(sentence);
  }

  public leaveOpen(resource: ModelResource, message: string): void {
    // Two services may run one task definition.
    if (!this.open.some((each) => each.resource === resource && each.message === message)) {
      this.open.push({ resource, message });
    }
  }

  /** How many a list of the template has; a list that is open as a whole counts as assumed, and is reported. */
  public length(resource: ModelResource, path: string, assumed: number): number {
    const value = resource.value(path);
    if (isSymbolic(value) && resourceOf(value) === undefined) {
      this.leaveOpen(resource, `${path} is ${rendered(value)}, which only the deployment decides; ${assumed} of them are assumed.`);
      return assumed;
    }
    return resource.list(path).length;
  }

  /** A number of the template; what is open counts as the assumed number, and is reported. */
  public count(resource: ModelResource, path: string, absent: number, assumed: number = absent): number {
    const value = resource.value(path);
    if (value === undefined) {
      return absent;
    }
    const number = resource.number(path);
    if (number === undefined) {
      this.leaveOpen(resource, `${path} is ${rendered(value)}, which only the deployment decides; ${assumed} is assumed.`);
      return assumed;
    }
    return number;
  }

  /** A literal text of the template; what is open is reported, with what follows from it. */
  public literal(resource: ModelResource, path: string, consequence: string): string | undefined {
    const value = resource.value(path);
    const text = resource.text(path);
    if (text === undefined) {
      this.leaveOpen(resource, `${path} is ${value === undefined ? 'not given' : `${rendered(value)}, which only the deployment decides`}; ${consequence}.`);
    }
    return text;
  }

  private record(resource: ModelResource, price: FoundPrice, { quantity, idle = quantity }: Charge): void {
    if (quantity === 0 && idle === 0) {
      return;
    }
    const unitPrice = Number((price.usd * price.factor).toFixed(7));
    const [monthly, idleMonthly] = [cents(quantity * unitPrice), cents(idle * unitPrice)];
    // Nested stacks are part of the one that is deployed.
    const stack = resource.template.outerStackPath;
    if (!price.verified) {
      this.estimates.add(price.name);
    }
    this.costs.set(resource, (this.costs.get(resource) ?? 0) + monthly);
    this.lines.push({
      constructPath: resource.name,
      construct: topLevel(resource.constructPath, stack),
      stack,
      resourceType: resource.type,
      posture: resource.origin.posture ?? 'none',
      priceKey: price.key,
      priceName: price.name,
      region: this.bookOf(resource).table.region,
      quantity: Number(quantity.toFixed(6)),
      unit: price.unit,
      unitPrice,
      monthly,
      idleMonthly,
    });
  }
}

function cents(usd: number): number {
  // A product such as 1.005 stands a little below itself in binary, and would round down.
  return Math.round(usd * 100 + 1e-7) / 100;
}

function topLevel(constructPath: string, stackPath: string): string {
  return constructPath.startsWith(`${stackPath}/`) ? constructPath.slice(stackPath.length + 1).split('/')[0] : constructPath;
}
