import { isNitro, nodeConnections, nodeGib, nodeMemory } from '../../../../src/postgres/self-hosted/private/node-types';

test.each([
  ['t4g.small', 2], ['t3a.medium', 4], ['m7i-flex.large', 8], ['c8g.medium', 2], ['c7gn.2xlarge', 16], ['r7g.large', 16], ['r8gd.48xlarge', 1536], ['t4g.nano', 0.5], ['x2gd.large', undefined], ['r7g.metal', undefined],
])('%s has %p GiB of memory', (type, gib) => {
  expect(nodeGib(type)).toBe(gib);
  expect(nodeMemory(type)?.toMebibytes()).toBe(gib === undefined ? undefined : gib * 1024);
});

test.each([['t4g.small', 140], ['r7g.large', 1717], ['r8gd.48xlarge', 5000], ['x2gd.large', undefined]])('%s accepts %p connections', (type, connections) => {
  expect(nodeConnections(type)).toBe(connections);
});

test.each([['m4.large', false], ['t2.small', false], ['i3.large', false], ['i3en.large', true], ['t4g.small', true], ['r9z.large', true]])('whether %s has the Nitro system: %p', (type, nitro) => {
  expect(isNitro(type)).toBe(nitro);
});
