import { ANY_IPV4, ANY_IPV6, type Cidr, halves, parseCidr, without } from '../../private/cidr';

/** Reads a range such as `203.0.113.0/24`; undefined where it is none. */
export function parseRange(text: string): Cidr | undefined {
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]*:[\da-f:]*)\/\d{1,3}$/i.test(text) ? parseCidr(text) : undefined;
}

/** Whether the address is the first one of its range. */
export function isNetwork(text: string): boolean {
  const range = parseRange(text);
  return range !== undefined && parseRange(singleAddress(text))?.base === range.base;
}

/** The address of a range alone. */
export function singleAddress(text: string): string {
  return `${text.split('/')[0]}/${text.includes(':') ? 128 : 32}`;
}

/** As few ranges as possible that have all addresses of a family but those in the given ranges, never all in one. */
export function rangesOutside(family: 4 | 6, allowed: Cidr[]): string[] {
  return halves(family === 4 ? ANY_IPV4 : ANY_IPV6).flatMap((half) => without(half, allowed)).map(formatRange);
}

export function formatRange({ family, base, prefix }: Cidr): string {
  const [count, size] = family === 4 ? [4, 256n] : [8, 65536n];
  const parts = Array.from({ length: count }, (_, index) => base / size ** BigInt(count - 1 - index) % size);
  // The URL standard says how an IPv6 address is shortened.
  const address = family === 4 ? parts.join('.') : new URL(`http://[${parts.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1);
  return `${address}/${prefix}`;
}
