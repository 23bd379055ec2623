import { PRICE_TABLES, PriceBook, type PriceTable } from './price-book';
import { InvalidBackendError } from '../../../private/errors';
import type { ModelResource } from '../../private/model';

/** Whose prices hold where a template names no region, and the user names none either. */
const DEFAULT_REGION = 'us-east-1';

/** Chooses the price table of each resource, and remembers what had to be assumed for that. */
export class Regions {
  /** What was assumed, in sentences. */
  public readonly assumptions = new Set<string>();

  private readonly books = new Map<string, PriceBook>();

  /** @throws InvalidBackendError when the given region has no price table */
  public constructor(private readonly given: string | undefined, private readonly prices: Record<string, number> | undefined) {
    if (given !== undefined && tableOf(given) === undefined) {
      throw new InvalidBackendError(undefined, `No price table for '${given}'. There are tables for ${names()}: give the one whose prices are nearest, and other prices as 'prices'.`);
    }
  }

  public bookOf(resource: ModelResource): PriceBook {
    const { region, stackPath } = resource.template;
    const key = `${region ?? ''}`;
    const before = this.books.get(key);
    if (before !== undefined && region !== undefined) {
      return before;
    }
    const table = (region === undefined ? undefined : tableOf(region)) ?? this.assumed(region, stackPath);
    const book = before ?? new PriceBook(table, this.prices);
    this.books.set(key, book);
    return book;
  }

  private assumed(region: string | undefined, stackPath: string): PriceTable {
    const table = tableOf(this.given ?? DEFAULT_REGION)!;
    const hint = this.given === undefined ? `, the default; say new CostReport({ region }) with one of ${names()}` : ', as given';
    this.assumptions.add(region === undefined
      ? `Stack ${stackPath} names no region: it is priced as ${table.region}${hint}.`
      : `There is no price table for ${region}: its stacks are priced as ${table.region}${hint}.`);
    return table;
  }
}

function tableOf(region: string): PriceTable | undefined {
  return PRICE_TABLES.find((table) => table.region === region);
}

function names(): string {
  return PRICE_TABLES.map(({ region }) => region).join(', ');
}
