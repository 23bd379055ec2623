import { Token } from 'aws-cdk-lib';
import { PostgresCapacity } from '../../../src';
import { defaultMaxConnections } from '../../../src/postgres/private/max-connections';

const instance = PostgresCapacity.instance();

describe('connections that an instance accepts', () => {
  test.each([
    ['t4g.micro', 81], ['t4g.small', 184], ['t4g.medium', 405], ['m7g.large', 811], ['r7g.large', 1622], ['r7g.xlarge', 3244], ['r8g.48xlarge', 5000],
  ])('of type %s are about %d', (type, connections) => {
    expect(defaultMaxConnections(instance, type)).toBe(connections);
  });

  test.each(['z9.large', 'r7g.metal', 'r7g', 't4g.nano', Token.asString({ Ref: 'Type' })])('of type %p are not known', (type) => {
    expect(defaultMaxConnections(instance, type)).toBeUndefined();
  });
});

describe('connections that a serverless cluster accepts', () => {
  // The table of AWS: 189, 823, 1669, 3360, 5000 for 1, 4, 8, 16, 32 capacity units; 2000 at most where the least is 0 or 0.5.
  test.each([
    [1, 1, 189], [1, 4, 822], [1, 8, 1666], [1, 16, 3354], [1, 32, 5000], [0.5, 16, 2000], [0, 256, 2000],
  ])('from %d to %d units are about %d', (min, max, connections) => {
    expect(defaultMaxConnections(PostgresCapacity.serverless({ min, max }), '')).toBe(connections);
  });

  test('are not known where a limit is a token', () => {
    const max = Token.asNumber({ Ref: 'Max' });
    expect(defaultMaxConnections(PostgresCapacity.serverless({ min: 1, max }), '')).toBeUndefined();
  });
});
