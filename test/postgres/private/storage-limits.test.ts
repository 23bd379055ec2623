import { CfnParameter, Size, Stack, App } from 'aws-cdk-lib';
import { PostgresCapacity } from '../../../src';
import { defaultGrowth } from '../../../src/postgres/private/storage-limits';
import { newServer, onlyProperties, serverTemplate } from '../postgres-fixtures';

test.each([[20, 100], [100, 500], [13_107, 65_535], [13_108, 65_536], [16_384, 65_536], [59_578, 65_536], [59_579, undefined], [65_536, undefined]])(
  'storage of %p GiB grows to %p GiB, which RDS takes', (allocated, most) => {
    const { AllocatedStorage, MaxAllocatedStorage } = onlyProperties(serverTemplate({ allocatedStorage: Size.gibibytes(allocated) }), 'AWS::RDS::DBInstance');
    expect([AllocatedStorage, MaxAllocatedStorage]).toEqual([String(allocated), most]);
    expect(MaxAllocatedStorage === undefined || (MaxAllocatedStorage <= 65_536 && MaxAllocatedStorage >= allocated * 1.1)).toBe(true);
  });

test('storage that is a token stays one', () => {
  const size = Size.gibibytes(new CfnParameter(new Stack(new App(), 'Backend'), 'Storage', { type: 'Number' }).valueAsNumber);
  expect(defaultGrowth(size)).toBe(size);
});

test.each([
  [{ allocatedStorage: Size.gibibytes(19) }, /from 20 to 65536, got 19 GiB/],
  [{ allocatedStorage: Size.gibibytes(65_537) }, /from 20 to 65536, got 65537 GiB/],
  [{ allocatedStorage: Size.tebibytes(16), maxAllocatedStorage: Size.tebibytes(80) }, /at most 65536, and at least 10 % more.*got 81920 GiB\./],
  [{ allocatedStorage: Size.gibibytes(60_000), maxAllocatedStorage: Size.gibibytes(65_536) }, /60000 GiB × 1\.1, rounded up to 66000 GiB, got 65536 GiB\. No value fits, so remove `maxAllocatedStorage`/],
])('fails for %p', (props, message) => {
  expect(() => newServer(props)).toThrow(message);
});

test('a cluster of Aurora has no storage to set', () => {
  const template = serverTemplate({ capacity: PostgresCapacity.serverless({ min: 1, max: 4 }) });
  expect(onlyProperties(template, 'AWS::RDS::DBCluster')).not.toHaveProperty('AllocatedStorage');
});
