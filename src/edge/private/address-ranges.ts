import { isIP } from 'net';

/** A range of addresses: its first one as a number, and how many leading bits all have in common. */
interface Block {
  readonly first: bigint;
  readonly prefix: number;
}

/** Families of addresses by how many bits they have. */
export type AddressBits = 32 | 128;

/** A range that was written down. */
export interface AddressRange extends Block {
  readonly bits: AddressBits;
}

/** Reads a range such as `203.0.113.0/24`; undefined where it is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [address, prefix, ...rest] = text.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || (version === 6 && /[.%]/.test(address)) || rest.length > 0 || !/^\d{1,3}$/.test(prefix ?? '') || Number(prefix) > bits) {
    return undefined;
  }
  const first = version === 4 ? numberOf(address.split('.'), 8, 10) : numberOf(groupsOf(address), 16, 16);
  return { bits, first, prefix: Number(prefix) };
}

/** The range of that size that the address is in. */
export function networkOf({ bits, first, prefix }: AddressRange): AddressRange {
  return { bits, prefix, first: first - first % powerOfTwo(bits - prefix) };
}

/** As few ranges as possible that have all addresses of a family but those in the given ranges, never all in one. */
export function rangesOutside(bits: AddressBits, allowed: AddressRange[]): string[] {
  const own = allowed.filter((range) => range.bits === bits);
  return halvesOf({ first: 0n, prefix: 0 }, bits).flatMap((half) => outside(half, bits, own)).map((block) => formatRange({ ...block, bits }));
}

function outside(block: Block, bits: AddressBits, allowed: AddressRange[]): Block[] {
  if (allowed.some((range) => contains(range, block, bits))) {
    return [];
  }
  return allowed.some((range) => contains(block, range, bits)) ? halvesOf(block, bits).flatMap((half) => outside(half, bits, allowed)) : [block];
}

function contains(outer: Block, inner: Block, bits: AddressBits): boolean {
  return outer.prefix <= inner.prefix && inner.first - inner.first % powerOfTwo(bits - outer.prefix) === outer.first;
}

function halvesOf({ first, prefix }: Block, bits: AddressBits): Block[] {
  return [{ first, prefix: prefix + 1 }, { first: first + powerOfTwo(bits - prefix - 1), prefix: prefix + 1 }];
}

export function formatRange({ bits, first, prefix }: AddressRange): string {
  const width = bits === 32 ? 8 : 16;
  const parts = Array.from({ length: bits / width }, (_, index) => first / powerOfTwo(bits - width * (index + 1)) % powerOfTwo(width));
  // The URL standard says how an IPv6 address is shortened.
  const address = bits === 32 ? parts.join('.') : new URL(`http://[${parts.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1);
  return `${address}/${prefix}`;
}

function groupsOf(address: string): string[] {
  const [start, end] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  return end === undefined ? start : [...start, ...Array<string>(8 - start.length - end.length).fill('0'), ...end];
}

function numberOf(parts: string[], width: number, radix: number): bigint {
  return parts.reduce((sum, part) => sum * powerOfTwo(width) + BigInt(parseInt(part, radix)), 0n);
}

function powerOfTwo(exponent: number): bigint {
  return 2n ** BigInt(exponent);
}
