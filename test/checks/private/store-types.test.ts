import type { Stack } from 'aws-cdk-lib';
import { STORE_PRICERS } from '../../../src/checks/cost/private/pricers/stores';
import { billingOf } from '../../../src/checks/cost/private/resource-types';
import { HARDENING_RULES } from '../../../src/checks/hardening/private/rules';
import { STORE_TYPES, storeColumn } from '../../../src/checks/private/store-types';
import { isExcused, valueAt, type StoreType } from '../../../src/checks/private/store-types/row';
import { Network } from '../../../src/checks/reachability/private/graph/network';
import { priceOf, resource } from '../cost/price-app';
import { judgeStack, outcomeOf, raw } from '../hardening/judge';
import { groupOf, network, ref, securityGroup } from '../reachability/lab';
import { findingsIn, modelOf, type Resources } from '../reachability/support';

const TYPES = Object.keys(STORE_TYPES);
const COLUMNS = ['network', 'publicAccess', 'atRest', 'tls', 'price'] as const satisfies readonly (keyof StoreType)[];

/** Types that rules about stores look at, and that are none. */
const NO_STORES: { readonly [type: string]: string } = {
  'AWS::EC2::Volume': 'a disk of an instance; the rule on encryption of storage is for it too',
};

/** A property at a path, as a template has it; lists on the way as the table says it: `VpcConfigs` is one. */
function at(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reverse().reduce<unknown>((inner, key) => ({ [key]: key === 'VpcConfigs' ? [inner] : inner }), value) as Record<string, unknown>;
}

function merged(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  const both = Object.keys(other).filter((key) => key in one).map((key) => {
    const [a, b] = [one[key], other[key]];
    return [key, Array.isArray(a) ? [merged(a[0] as Record<string, unknown>, (b as Record<string, unknown>[])[0])] : merged(a as Record<string, unknown>, b as Record<string, unknown>)];
  });
  return { ...one, ...other, ...Object.fromEntries(both) };
}

/** A store of a type in subnets of a tier, with one security group, as it stands in a template. */
function storeIn(tier: string, type: string, group: string): Resources {
  const { subnets, groups } = storeColumn('network')[type];
  const list = type === 'AWS::EFS::MountTarget' ? ref(`${tier}0`) : [ref(`${tier}0`), ref(`${tier}1`)];
  const placed = subnets.group === undefined ? at(subnets.path, list) : { [subnets.group.property]: ref('Subnets') };
  return {
    ...(subnets.group !== undefined && { Subnets: { Type: subnets.group.type, Properties: { [subnets.path]: list } } }),
    Store: { Type: type, Properties: merged(placed, at(groups, [groupOf(group)])) },
  };
}

describe('the table of store types', () => {
  test.each(TYPES)('has a value or an excuse in each column of %s', (type) => {
    const row = STORE_TYPES[type];
    expect(row.noun).toMatch(/^[a-z ]+$/);
    for (const column of COLUMNS) {
      const cell = row[column];
      expect(isExcused(cell) ? cell.excused : JSON.stringify(cell)).toMatch(/\w{2}/);
    }
  });

  test('has each type that a rule about stores looks at', () => {
    const groups = new Set(Object.values(storeColumn('network')).map(({ subnets }) => subnets.group?.type));
    const judged = HARDENING_RULES.filter(({ id }) => /^hardening-(database|cache|kafka|files|storage)-/.test(id)).flatMap(({ types }) => types);
    expect(judged.length).toBeGreaterThan(30);
    expect([...new Set(judged)].filter((type) => STORE_TYPES[type] === undefined && !groups.has(type) && NO_STORES[type] === undefined)).toEqual([]);
  });

  test('has no excuse for a type that no rule about stores looks at', () => {
    const judged = HARDENING_RULES.flatMap(({ types }) => types);
    expect(Object.keys(NO_STORES).filter((type) => !judged.includes(type))).toEqual([]);
  });

  test('reads paths through lists, and gives what is not known on the way', () => {
    const [store] = modelOf({ Store: { Type: 'X', Properties: { A: [{ B: ['x'] }, { B: ['y', 'z'] }, {}], Open: { Unknown: 'given' } } } }).resources;
    expect(valueAt(store, 'A.B')).toEqual(['x', 'y', 'z']);
    expect(String(valueAt(store, 'Open.B'))).toBe('${given}');
    expect(valueAt(store, 'None.B')).toBeUndefined();
  });
});

describe('a store of each type in a network', () => {
  const placed = Object.keys(storeColumn('network'));

  test.each(placed)('%s is known to reachability, with its subnets, groups and ports', (type) => {
    const { stores } = new Network(modelOf({ ...network(), Group: securityGroup([], []), ...storeIn('Isolated', type, 'Group') }));
    expect(stores).toHaveLength(1);
    expect(stores[0].network.subnets.map(({ name }) => name)).toEqual(expect.arrayContaining(['Lab/Isolated0']));
    expect(stores[0].network.groups.map(({ name }) => name)).toEqual(['Lab/Group']);
    expect(stores[0].network.ports.length).toBeGreaterThan(0);
  });

  test.each(placed)('%s in a public subnet is found by hardening, in an isolated one not', (type) => {
    const outcome = (tier: string) => outcomeOf(judgeStack((stack: Stack) => {
      Object.entries({ ...network(), Group: securityGroup([], []), ...storeIn(tier, type, 'Group') })
        .forEach(([id, { Type, Properties }]) => raw(stack, id, Type, Properties).overrideLogicalId(id));
    }), 'hardening-database-private-subnets').outcomes;
    expect([outcome('Public'), outcome('Isolated')]).toEqual([['violation'], ['holds']]);
  });

  test.each(Object.entries(storeColumn('publicAccess')).filter(([type]) => placed.includes(type) && type !== 'AWS::OpenSearchService::Domain'))(
    '%s with an address, in a public subnet and open to everybody, is reached by the internet', (type, { path, off }) => {
      const resources: Resources = { ...network(), Group: securityGroup([{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }], []), ...storeIn('Public', type, 'Group') };
      const found = (value: unknown) => findingsIn({ ...resources, Store: { Type: type, Properties: merged(resources.Store.Properties, at(path, value)) } })
        .some((line) => line.startsWith('violation internet-to-store Lab/Store'));
      expect([found(off === 'false' ? true : 'SERVICE_PROVIDED_EIPS'), found(off)]).toEqual([true, false]);
    },
  );
});

describe('the price of a store of each type', () => {
  test.each(TYPES)('%s is in the tables, or the report says that it is not', (type) => {
    const { price } = STORE_TYPES[type];
    const { unknownTypes } = priceOf((stack) => resource(stack, 'Store', type));
    expect(STORE_PRICERS[type] === undefined).toBe(isExcused(price));
    expect(unknownTypes).toEqual(!isExcused(price) || billingOf(type) === 'free' ? [] : [type]);
  });

  test('is nothing for a mount target only', () => {
    expect(TYPES.filter((type) => billingOf(type) !== 'unknown' && STORE_PRICERS[type] === undefined)).toEqual(['AWS::EFS::MountTarget']);
  });
});
