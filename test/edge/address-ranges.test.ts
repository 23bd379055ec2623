import { BlockList } from 'net';
import * as fc from 'fast-check';
import { type AddressBits, type AddressRange, formatRange, networkOf, parseRange, rangesOutside } from '../../src/edge/private/address-ranges';

const range = (bits: AddressBits): fc.Arbitrary<AddressRange> => fc.tuple(fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }), fc.integer({ min: 1, max: bits }))
  .map(([first, prefix]) => networkOf({ bits, first, prefix }));

function blockList(ranges: string[]): BlockList {
  const list = new BlockList();
  ranges.forEach((each) => {
    const [address, prefix] = each.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  });
  return list;
}

test.each<[AddressBits]>([[32], [128]])('every address of %d bits is either allowed or outside', (bits: AddressBits) => {
  const family = bits === 32 ? 'ipv4' : 'ipv6';
  fc.assert(fc.property(fc.array(range(bits), { minLength: 1, maxLength: 4 }), fc.array(range(bits)), (allowed, others) => {
    const [inside, outside] = [blockList(allowed.map(formatRange)), blockList(rangesOutside(bits, allowed))];
    const last = ({ first, prefix }: AddressRange) => first + 2n ** BigInt(bits - prefix) - 1n;
    const edges = [...allowed, ...others].flatMap((each) => [each.first, last(each), each.first - 1n, last(each) + 1n]);
    edges.filter((address) => address >= 0n && address < 2n ** BigInt(bits)).forEach((first) => {
      const [address] = formatRange({ bits, first, prefix: bits }).split('/');
      expect(outside.check(address, family)).toBe(!inside.check(address, family));
    });
  }), { numRuns: 200 });
});

test('one address leaves as many ranges as it has bits', () => {
  expect(rangesOutside(32, [parseRange('203.0.113.7/32')!])).toHaveLength(32);
  expect(rangesOutside(128, [parseRange('2001:db8::1/128')!])).toHaveLength(128);
  expect(rangesOutside(32, [parseRange('128.0.0.0/1')!])).toEqual(['0.0.0.0/1']);
});

test('no range is a whole family, also where nothing of it is allowed', () => {
  expect(rangesOutside(32, [])).toEqual(['0.0.0.0/1', '128.0.0.0/1']);
  expect(rangesOutside(128, [parseRange('203.0.113.0/24')!])).toEqual(['::/1', '8000::/1']);
});

test.each([['203.0.113.0/24'], ['10.0.0.0/8'], ['0.0.0.0/0'], ['2001:db8::/32'], ['::1/128'], ['1:2:3:4:5:6:7:8/128']])('%s is read and written as it is', (text: string) => {
  expect(formatRange(parseRange(text)!)).toBe(text);
});

test.each([['203.0.113.7'], ['203.0.113.0/33'], ['203.0.113.0/'], ['203.0.113/24'], ['::ffff:1.2.3.4/128'], ['fe80::1%eth0/64'], ['example.com/24'], ['1.2.3.4/8/8'], ['1.2.3.4/-1'], ['']])('%p is no range', (text: string) => {
  expect(parseRange(text)).toBeUndefined();
});
