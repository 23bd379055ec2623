import { markdownOf, textOf } from './private/tables';

/** One price that a resource is charged. */
export interface CostLine {
  /** Path of the construct of the resource. */
  readonly constructPath: string;

  /** Id of the construct directly below the stack that the resource belongs to. */
  readonly construct: string;

  /** Path of the stack. Resources of nested stacks belong to the stack around them. */
  readonly stack: string;

  /** CloudFormation type of the resource, such as `AWS::EC2::NatGateway`. */
  readonly resourceType: string;

  /** Name of the posture that holds for the construct, or `none`. */
  readonly posture: string;

  /** Key of the price in the table, such as `nat-gateway`, by which `prices` replaces it. */
  readonly priceKey: string;

  /** Usage type under which AWS bills it, such as `EUC1-NatGateway-Hours`. */
  readonly priceName: string;

  /** Region whose price it is. */
  readonly region: string;

  /** Units a month: for one instance that runs all the time, 730 hours. */
  readonly quantity: number;

  /** What is counted: `hour`, `month`, `GB-month`, `vCPU-hour`, `GB-hour`, … */
  readonly unit: string;

  /** US dollars for one unit. */
  readonly unitPrice: number;

  /** US dollars a month while everything runs, rounded to cents. */
  readonly monthly: number;

  /** US dollars a month while what can be stopped is stopped, rounded to cents. */
  readonly idleMonthly: number;
}

/** Sum over the lines of one construct, stack or posture. */
export interface CostSubtotal {
  /** Path of the stack or construct, or name of the posture. */
  readonly name: string;

  /** US dollars a month while everything runs. */
  readonly total: number;

  /** US dollars a month while what can be stopped is stopped. */
  readonly idleTotal: number;
}

/** A resource that the templates do not price: its number, its size or its price is open. */
export interface CostOpenQuestion {
  /** Path of the construct of the resource. */
  readonly constructPath: string;

  /** CloudFormation type of the resource. */
  readonly resourceType: string;

  /** What is open, and what was assumed. */
  readonly message: string;
}

/** Everything that a summary is made of. */
export interface CostSummaryProps {
  /** Every price that every resource is charged. */
  readonly lines: CostLine[];

  /** What the amounts rest on, in sentences. */
  readonly assumptions: string[];

  /** What the templates leave open. */
  readonly undecided: CostOpenQuestion[];

  /** CloudFormation types that this library knows no price for. They are not part of the totals. */
  readonly unknownTypes: string[];

  /** CloudFormation types that cost only what is used, so nothing while nobody uses them. */
  readonly usageBasedTypes: string[];
}

/**
 * What an app costs a month, from list prices and without traffic.
 *
 * Each line is rounded to cents and every sum is a sum of lines, so that the tables add up.
 */
export class CostSummary {
  /** US dollars a month while everything runs, all of its 730 hours. */
  public readonly total: number;

  /** US dollars a month while services have no task and database instances, clusters and EC2 instances are stopped. */
  public readonly idleTotal: number;

  /** Every price that every resource is charged, by stack, construct and price. */
  public readonly lines: CostLine[];

  /** Sums by stack. */
  public readonly stacks: CostSubtotal[];

  /** Sums by construct directly below a stack; the name is its path. */
  public readonly constructs: CostSubtotal[];

  /** Sums by posture of the construct; `none` where no posture was applied. */
  public readonly postures: CostSubtotal[];

  /** What the amounts rest on, in sentences. */
  public readonly assumptions: string[];

  /** What the templates leave open, and what was assumed instead. */
  public readonly undecided: CostOpenQuestion[];

  /** CloudFormation types that this library knows no price for. They are not part of the totals. */
  public readonly unknownTypes: string[];

  /** CloudFormation types that cost only what is used, so nothing while nobody uses them. */
  public readonly usageBasedTypes: string[];

  /** Made by `CostReport.report()`. */
  public constructor(props: CostSummaryProps) {
    this.lines = [...props.lines].sort(byPlace);
    this.total = sum(this.lines, ({ monthly }) => monthly);
    this.idleTotal = sum(this.lines, ({ idleMonthly }) => idleMonthly);
    this.stacks = subtotals(this.lines, ({ stack }) => stack);
    this.constructs = subtotals(this.lines, ({ stack, construct }) => `${stack}/${construct}`);
    this.postures = subtotals(this.lines, ({ posture }) => posture);
    this.assumptions = props.assumptions;
    this.undecided = props.undecided;
    this.unknownTypes = props.unknownTypes;
    this.usageBasedTypes = props.usageBasedTypes;
  }

  /** The report as a plain text table, for a terminal. */
  public toText(): string {
    return textOf(this);
  }

  /** The report as Markdown, for a README or a pull request. */
  public toMarkdown(): string {
    return markdownOf(this);
  }

  /** The report as JSON, with the names of the members of this class. */
  public toJson(): string {
    const { total, idleTotal, stacks, constructs, postures, lines, assumptions, undecided, unknownTypes, usageBasedTypes } = this;
    return JSON.stringify({ currency: 'USD', total, idleTotal, stacks, constructs, postures, lines, assumptions, undecided, unknownTypes, usageBasedTypes }, undefined, 2);
  }
}

function subtotals(lines: readonly CostLine[], nameOf: (line: CostLine) => string): CostSubtotal[] {
  const groups = new Map<string, CostLine[]>();
  for (const line of lines) {
    const group = groups.get(nameOf(line));
    if (group === undefined) {
      groups.set(nameOf(line), [line]);
    } else {
      group.push(line);
    }
  }
  return [...groups].map(([name, group]) => ({ name, total: sum(group, ({ monthly }) => monthly), idleTotal: sum(group, ({ idleMonthly }) => idleMonthly) }))
    .sort((a, b) => compare(a.name, b.name));
}

function byPlace(a: CostLine, b: CostLine): number {
  return compare(a.stack, b.stack) || compare(a.construct, b.construct) || compare(a.priceKey, b.priceKey) || compare(a.constructPath, b.constructPath);
}

/** In whole cents, so that no sum shows what floating point loses. */
function sum(lines: readonly CostLine[], amountOf: (line: CostLine) => number): number {
  return lines.reduce((cents, line) => cents + Math.round(amountOf(line) * 100), 0) / 100;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
