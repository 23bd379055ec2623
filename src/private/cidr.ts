/** A range of addresses of one family. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const parsed = new Map<string, Cidr | undefined>();

/** A range as written in templates; undefined where it is none. Bits behind the prefix are ignored, as EC2 does. */
export function parseCidr(text: string): Cidr | undefined {
  if (!parsed.has(text)) {
    parsed.set(text, parse(text));
  }
  return parsed.get(text);
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.family === inner.family && outer.prefix <= inner.prefix && truncate(inner, outer.prefix) === outer.base;
}

export function overlaps(one: Cidr, other: Cidr): boolean {
  return contains(one, other) || contains(other, one);
}

/** Its lower and its upper half. */
export function halves({ family, base, prefix }: Cidr): [Cidr, Cidr] {
  const lower = { family, base, prefix: prefix + 1 };
  return [lower, { ...lower, base: base + size(family, prefix + 1) }];
}

/** What is left of a range without others. */
export function without(range: Cidr, others: readonly Cidr[]): Cidr[] {
  if (others.some((other) => contains(other, range))) {
    return [];
  }
  const inside = others.filter((other) => contains(range, other));
  return inside.length === 0 ? [range] : halves(range).flatMap((half) => without(half, inside));
}

export const ANY_IPV4: Cidr = { family: 4, base: 0n, prefix: 0 };
export const ANY_IPV6: Cidr = { family: 6, base: 0n, prefix: 0 };

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml */
const NOT_PUBLIC = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/3'];

/** The addresses of the internet, by family. */
export const INTERNET: Readonly<Record<4 | 6, readonly Cidr[]>> = {
  4: without(ANY_IPV4, NOT_PUBLIC.map((text) => parse(text)!)),
  6: [parse('2000::/3')!],
};

function parse(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text.trim());
  const family = text.includes(':') ? 6 : 4;
  const address = match === null ? undefined : family === 6 ? parseIpv6(match[1]) : parseIpv4(match[1]);
  const prefix = Number(match?.[2]);
  return address === undefined || prefix > BITS[family] ? undefined : { family, prefix, base: truncate({ family, base: address, prefix }, prefix) };
}

function truncate({ family, base }: Cidr, prefix: number): bigint {
  return base - (base % size(family, prefix));
}

/** How many addresses a range has. */
function size(family: 4 | 6, prefix: number): bigint {
  return 2n ** BigInt(BITS[family] - prefix);
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.').map(Number);
  const valid = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  return valid ? parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const [head, tail, ...more] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - left.length - right.length;
  const groups = tail === undefined ? left : [...left, ...Array<string>(Math.max(missing, 0)).fill('0'), ...right];
  const valid = more.length === 0 && groups.length === 8 && (tail === undefined || missing > 0) && groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
  return valid ? groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) : undefined;
}
