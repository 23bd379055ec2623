import { PRICE_TABLES, PriceBook, type PriceTable } from './price-book';
import { InvalidBackendError } from '../../../private/errors';
import type { ModelResource } from '../../private/model';

/** Whose prices hold where a template names no region, and the user names none either. */
const DEFAULT_REGION = 'us-east-1';

/** Chooses the price table of each resource, and remembers what had to be assumed for that. */
export class Regions {
  private readonly books = new Map<string | undefined, PriceBook>();
  private readonly stacksWithoutRegion = new Set<string>();
  private readonly regionsWithoutTable = new Set<string>();

  /** @throws InvalidBackendError when the given region has no price table */
  public constructor(private readonly given: string | undefined, private readonly prices: Record<string, number> | undefined) {
    if (given !== undefined && tableOf(given) === undefined) {
      throw new InvalidBackendError('new CostReport()', 'CostReport.region', `This library doesn't have a price table for \`region\` '${given}', only for ${names()}. Set the region with the nearest prices, and list the prices that differ in \`prices\`.`);
    }
  }

  /** What was assumed, in sentences. */
  public get assumptions(): string[] {
    const { region } = this.standIn();
    const hint = this.given === undefined ? `the default; say new CostReport({ region }) with one of ${names()}` : 'as given';
    return [
      ...[this.stacksWithoutRegion].filter(({ size }) => size > 0).map((stacks) => `Without a region of their own and priced as ${region}, ${hint}: ${[...stacks].sort().join(', ')}.`),
      ...[this.regionsWithoutTable].filter(({ size }) => size > 0).map((regions) => `Without a price table and priced as ${region}, ${hint}: ${[...regions].sort().join(', ')}.`),
    ];
  }

  public bookOf({ template: { region, stackPath } }: ModelResource): PriceBook {
    const table = region === undefined ? undefined : tableOf(region);
    if (region === undefined) {
      this.stacksWithoutRegion.add(stackPath);
    } else if (table === undefined) {
      this.regionsWithoutTable.add(region);
    }
    const book = this.books.get(region) ?? new PriceBook(table ?? this.standIn(), this.prices);
    this.books.set(region, book);
    return book;
  }

  private standIn(): PriceTable {
    return tableOf(this.given ?? DEFAULT_REGION)!;
  }
}

function tableOf(region: string): PriceTable | undefined {
  return PRICE_TABLES.find((table) => table.region === region);
}

function names(): string {
  return PRICE_TABLES.map(({ region }) => region).join(', ');
}
