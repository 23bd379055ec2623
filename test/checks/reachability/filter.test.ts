import * as fc from 'fast-check';
import { filter, type FilterRule } from '../../../src/checks/reachability/private/graph/filter';
import { contains, halves, INTERNET, overlaps, parseCidr, without, type Cidr } from '../../../src/private/cidr';

const cidr = (text: string) => parseCidr(text)!;

describe('ranges of addresses', () => {
  test.each([
    ['10.0.0.0/16', 4, 16], ['0.0.0.0/0', 4, 0], ['255.255.255.255/32', 4, 32], ['::/0', 6, 0], ['2001:db8::/32', 6, 32], ['fd00:0:0:1::/64', 6, 64], ['::1/128', 6, 128],
  ])('%s is of family %d', (text, family, prefix) => {
    expect(parseCidr(text)).toEqual(expect.objectContaining({ family, prefix }));
  });

  test.each(['', '10.0.0.0', '10.0.0/8', '10.0.0.0/33', '300.0.0.0/8', '2001:db8::/129', '1::2::3/64', 'x/8', '1:2:3:4:5:6:7:8:9/64', '1:2:3:4:5:6:7:8::/64'])('fails: %s is none', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  test('bits behind the prefix are of no matter', () => {
    expect(parseCidr('10.0.0.77/24')).toEqual(parseCidr('10.0.0.0/24'));
  });

  test('one contains another, and not the other way round', () => {
    expect(contains(cidr('10.0.0.0/8'), cidr('10.3.0.0/16'))).toBe(true);
    expect(contains(cidr('10.3.0.0/16'), cidr('10.0.0.0/8'))).toBe(false);
    expect(contains(cidr('0.0.0.0/0'), cidr('::/0'))).toBe(false);
    expect(overlaps(cidr('10.3.0.0/16'), cidr('10.0.0.0/8'))).toBe(true);
    expect(overlaps(cidr('10.3.0.0/16'), cidr('10.4.0.0/16'))).toBe(false);
  });

  test('halves and what is left without some', () => {
    expect(halves(cidr('10.0.0.0/24'))).toEqual([cidr('10.0.0.0/25'), cidr('10.0.0.128/25')]);
    expect(without(cidr('10.0.0.0/24'), [cidr('10.0.0.64/26')])).toEqual([cidr('10.0.0.0/26'), cidr('10.0.0.128/25')]);
    expect(without(cidr('10.0.0.0/24'), [cidr('10.0.0.0/8')])).toEqual([]);
  });

  test('private addresses are not of the internet, and public ones are', () => {
    const isPublic = (text: string) => INTERNET[4].some((range) => contains(range, cidr(text)));
    expect(['10.1.2.3/32', '172.20.0.0/16', '192.168.1.0/24', '169.254.169.254/32', '100.64.0.1/32', '127.0.0.1/32', '224.0.0.1/32'].filter(isPublic)).toEqual([]);
    expect(['8.8.8.8/32', '172.32.0.0/16', '11.0.0.0/8', '192.167.0.0/16', '203.0.113.0/24'].filter((text) => !isPublic(text))).toEqual([]);
  });
});

/** Sixteen addresses and ports, small enough to look at each. */
const within = (prefix: number, at: number): Cidr => cidr(`10.0.0.${at}/${prefix}`);
const range = fc.tuple(fc.integer({ min: 28, max: 32 }), fc.integer({ min: 0, max: 15 })).map(([prefix, at]) => within(prefix, at));
const ports = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 15 })).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const rule = (open: boolean): fc.Arbitrary<FilterRule> => fc.record({
  allow: fc.boolean(), ports, addresses: open ? fc.oneof(range, fc.constant('any' as const), fc.constant(undefined)) : fc.oneof(range, fc.constant('any' as const)),
});

/** What happens to one packet, rule by rule; `undefined` where a rule that nobody knows may decide it. */
function fate(rules: readonly FilterRule[], address: number, port: number): boolean | undefined {
  for (const [index, { allow, addresses, ports: { from, to } }] of rules.entries()) {
    const fits = port >= from && port <= to && (addresses === undefined || addresses === 'any' || contains(addresses, within(32, address)));
    if (fits && addresses === undefined) {
      const otherwise = fate(rules.slice(index + 1), address, port);
      return otherwise === allow ? allow : undefined;
    }
    if (fits) {
      return allow;
    }
  }
  return false;
}

describe('a filter', () => {
  test('says of many packets what it says of each', () => {
    fc.assert(fc.property(fc.array(rule(false), { maxLength: 6 }), range, ports, (rules, addresses, wanted) => {
      const fates = new Set<boolean | undefined>();
      for (let address = 0; address < 16; address++) {
        for (let port = wanted.from; port <= wanted.to; port++) {
          if (contains(addresses, within(32, address))) {
            fates.add(fate(rules, address, port));
          }
        }
      }
      const extent = fates.size === 2 ? 'some' : fates.has(true) ? 'all' : 'none';
      expect(filter(rules, { addresses, family: 4, ports: wanted })).toEqual({ atLeast: extent, atMost: extent });
    }), { numRuns: 1000 });
  });

  test('promises nothing that a rule which nobody knows can take back', () => {
    fc.assert(fc.property(fc.array(rule(true), { maxLength: 6 }), range, ports, (rules, addresses, wanted) => {
      const fates: (boolean | undefined)[] = [];
      for (let address = 0; address < 16; address++) {
        for (let port = wanted.from; port <= wanted.to; port++) {
          if (contains(addresses, within(32, address))) {
            fates.push(fate(rules, address, port));
          }
        }
      }
      const { atLeast, atMost } = filter(rules, { addresses, family: 4, ports: wanted });
      expect([atLeast === 'all' && fates.some((each) => each !== true), atMost === 'none' && fates.some((each) => each !== false)]).toEqual([false, false]);
    }), { numRuns: 1000 });
  });

  test('of another family lets nothing through', () => {
    expect(filter([{ allow: true, addresses: cidr('0.0.0.0/0'), ports: { from: 0, to: 65535 } }], { addresses: cidr('2001:db8::/32'), family: 6, ports: { from: 1, to: 1 } }))
      .toEqual({ atLeast: 'none', atMost: 'none' });
  });

  test('lets unknown addresses through only where it lets all through', () => {
    const packets = { family: 4 as const, ports: { from: 1, to: 1 } };
    const allow = (text: string) => [{ allow: true, addresses: cidr(text), ports: { from: 0, to: 10 } }];
    expect(filter(allow('0.0.0.0/0'), packets)).toEqual({ atLeast: 'all', atMost: 'all' });
    expect(filter(allow('10.0.0.0/8'), packets)).toEqual({ atLeast: 'none', atMost: 'all' });
    expect(filter(allow('::/0'), packets)).toEqual({ atLeast: 'none', atMost: 'none' });
  });
});
