import { BlockList } from 'net';
import * as fc from 'fast-check';
import { formatRange, isNetwork, parseRange, rangesOutside, singleAddress } from '../../src/ingress/private/address-ranges';
import type { Cidr } from '../../src/private/cidr';

const range = (family: 4 | 6): fc.Arbitrary<Cidr> => {
  const bits = family === 4 ? 32 : 128;
  return fc.tuple(fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }), fc.integer({ min: 1, max: bits }))
    .map(([base, prefix]) => parseRange(formatRange({ family, base, prefix }))!);
};

function blockList(ranges: string[]): BlockList {
  const list = new BlockList();
  ranges.forEach((each) => {
    const [address, prefix] = each.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  });
  return list;
}

test.each<[4 | 6]>([[4], [6]])('every address of IPv%d is either allowed or outside', (family: 4 | 6) => {
  const bits = family === 4 ? 32 : 128;
  fc.assert(fc.property(fc.array(range(family), { minLength: 1, maxLength: 4 }), fc.array(range(family)), (allowed, others) => {
    const [inside, outside] = [blockList(allowed.map(formatRange)), blockList(rangesOutside(family, allowed))];
    const last = ({ base, prefix }: Cidr) => base + 2n ** BigInt(bits - prefix) - 1n;
    const edges = [...allowed, ...others].flatMap((each) => [each.base, last(each), each.base - 1n, last(each) + 1n]);
    edges.filter((address) => address >= 0n && address < 2n ** BigInt(bits)).forEach((base) => {
      const [address] = formatRange({ family, base, prefix: bits }).split('/');
      expect(outside.check(address, `ipv${family}`)).toBe(!inside.check(address, `ipv${family}`));
    });
  }), { numRuns: 200 });
});

test('one address leaves as many ranges as it has bits', () => {
  expect(rangesOutside(4, [parseRange('203.0.113.7/32')!])).toHaveLength(32);
  expect(rangesOutside(6, [parseRange('2001:db8::1/128')!])).toHaveLength(128);
  expect(rangesOutside(4, [parseRange('128.0.0.0/1')!])).toEqual(['0.0.0.0/1']);
});

test('no range is a whole family, also where nothing of it is allowed', () => {
  expect(rangesOutside(4, [])).toEqual(['0.0.0.0/1', '128.0.0.0/1']);
  expect(rangesOutside(6, [parseRange('203.0.113.0/24')!])).toEqual(['::/1', '8000::/1']);
});

test.each([['203.0.113.0/24'], ['10.0.0.0/8'], ['0.0.0.0/0'], ['2001:db8::/32'], ['::1/128'], ['1:2:3:4:5:6:7:8/128']])('%s is read and written as it is', (text: string) => {
  expect(formatRange(parseRange(text)!)).toBe(text);
});

test.each([['203.0.113.7'], ['203.0.113.0/33'], ['203.0.113.0/'], ['203.0.113/24'], ['::ffff:1.2.3.4/128'], ['fe80::1%eth0/64'], ['example.com/24'], ['1..2.3/24'], ['256.1.1.1/24'], ['1:2/16'], ['::1::/16'], [' 10.0.0.0/8'], ['1.2.3.4/8/8'], ['1.2.3.4/-1'], ['']])('%p is no range', (text: string) => {
  expect(parseRange(text)).toBeUndefined();
});

test('a range is told from an address in it', () => {
  expect(['203.0.113.0/24', '2001:DB8:0::/32', '203.0.113.7/32'].map(isNetwork)).toEqual([true, true, true]);
  expect(['203.0.113.7/24', '2001:db8::1/32'].map(isNetwork)).toEqual([false, false]);
  expect(['203.0.113.7/24', '2001:db8::1/32'].map(singleAddress)).toEqual(['203.0.113.7/32', '2001:db8::1/128']);
});
