import euCentral1 from '../prices/eu-central-1.json';
import euWest1 from '../prices/eu-west-1.json';
import usEast1 from '../prices/us-east-1.json';

/** One price of a table. */
export interface Price {
  /** US dollars for one unit. */
  readonly usd: number;
  /** `hour`, `month`, `GB-month`, `vCPU-hour`, … */
  readonly unit: string;
  /** Usage type under which AWS bills it. */
  readonly name: string;
  /** Key of the page in the table's sources. */
  readonly source: string;
  /** Whether it was found in a copy of AWS's price list, on a bill, or as a price that is the same in every region. */
  readonly verified: boolean;
}

/** The prices of one region on one day. */
export interface PriceTable {
  readonly region: string;
  readonly date: string;
  readonly currency: string;
  /** What it means when a price is verified. */
  readonly verified: string;
  readonly sources: { readonly [page: string]: string };
  readonly prices: { readonly [key: string]: Price };
}

/** A price that was looked up. `factor` is how many of its units one unit of what was looked up is. */
export interface FoundPrice extends Price {
  readonly key: string;
  readonly factor: number;
}

export const PRICE_TABLES: readonly PriceTable[] = [usEast1, euCentral1, euWest1];

/** Sizes of one instance family cost in proportion. Burstable database and cache classes do not, and are listed one by one. */
const SIZES: Record<string, number> = {
  'nano': 1 / 16,
  'micro': 1 / 8,
  'small': 1 / 4,
  'medium': 1 / 2,
  'large': 1,
  'xlarge': 2,
  '2xlarge': 4,
  '4xlarge': 8,
  '8xlarge': 16,
  '9xlarge': 18,
  '12xlarge': 24,
  '16xlarge': 32,
  '18xlarge': 36,
  '24xlarge': 48,
  '32xlarge': 64,
  '48xlarge': 96,
};

/** Virtual processors of an instance class: two up to `large`, then in proportion. */
export function processorsOf(instanceClass: string): number | undefined {
  const size = SIZES[instanceClass.split('.').at(-1) ?? ''];
  return size === undefined ? undefined : Math.max(1, size) * 2;
}

/** The table of a region, with what the user pays instead of the list price. */
export class PriceBook {
  private readonly prices: Record<string, Price>;

  public constructor(public readonly table: PriceTable, overrides: Record<string, number> = {}) {
    this.prices = { ...table.prices };
    for (const [key, usd] of Object.entries(overrides)) {
      const listed = table.prices[key] ?? { unit: 'hour', source: '' };
      this.prices[key] = { ...listed, usd, name: `${key} (given)`, verified: true };
    }
  }

  public get(key: string): FoundPrice {
    const price = this.prices[key];
    if (price === undefined) {
      throw new Error(`The price table of ${this.table.region} has no '${key}'.`);
    }
    return { ...price, key, factor: 1 };
  }

  /** The price of an instance class such as `db.r7g.2xlarge`: its own, or that of `large` in its family times the size. */
  public ofClass(kind: string, instanceClass: string): FoundPrice | undefined {
    const own = this.prices[`${kind}:${instanceClass}`];
    if (own !== undefined) {
      return { ...own, key: `${kind}:${instanceClass}`, factor: 1 };
    }
    const [size] = instanceClass.split('.').slice(-1);
    const base = `${instanceClass.slice(0, -size.length)}large`;
    const large = this.prices[`${kind}:${base}`];
    const inProportion = SIZES[size] !== undefined && (kind === 'ec2' || SIZES[size] >= 1);
    return large === undefined || !inProportion
      ? undefined
      : { ...large, key: `${kind}:${base}`, factor: SIZES[size], name: large.name.replace(base, instanceClass) };
  }
}
