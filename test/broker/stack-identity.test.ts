import { isOfStack } from '../../src/broker/stack-identity';

const stackId = (name: string, id = '1b1b', place = 'eu-west-1:111111111111') => `arn:aws:cloudformation:${place}:stack/${name}/${id}`;
const mark = (...of: Parameters<typeof stackId>) => ({ stackId: stackId(...of), logicalId: 'Api' });

test('an object belongs to its stack, and to the next stack of the same name in the same place', () => {
  expect(isOfStack(mark('Backend'), stackId('Backend'))).toBe(true);
  expect(isOfStack(mark('Backend'), stackId('Backend', '2c2c'))).toBe(true);
});

test.each([
  ['another name', mark('Backend'), stackId('Backend2')],
  ['another region', mark('Backend'), stackId('Backend', '1b1b', 'eu-west-2:111111111111')],
  ['another account', mark('Backend'), stackId('Backend', '1b1b', 'eu-west-1:222222222222')],
  ['nobody', { stackId: '', logicalId: '' }, stackId('Backend')],
  ['nothing', undefined, stackId('Backend')],
])('an object of a stack of %s is not its own', (_, found, asking) => {
  expect(isOfStack(found, asking)).toBe(false);
});
