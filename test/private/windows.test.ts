import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { PostgresCapacity, RedisCache } from '../../src';
import { validateWindows } from '../../src/private/windows';
import { newServer } from '../postgres/postgres-fixtures';

const stack = new Stack(new App(), 'Backend');
const validate = (preferredBackupWindow?: string, preferredMaintenanceWindow?: string, least = 30) => () => validateWindows(stack, { preferredBackupWindow, preferredMaintenanceWindow }, least);

const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const moment = (minute: number) => `${['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][Math.floor(minute / 1440)]}:${clock(minute % 1440)}`;

describe('windows', () => {
  test.each([
    ['none', undefined, undefined],
    ['backups alone', '03:00-04:00', undefined],
    ['maintenance alone', undefined, 'sun:04:00-sun:05:00'],
    ['two that touch', '02:00-03:00', 'sun:03:00-sun:04:00'],
    ['two that touch at midnight', '23:00-00:00', 'mon:00:00-mon:01:00'],
    ['one around midnight', '23:30-00:30', 'sun:01:00-sun:02:00'],
    ['one around the end of the week', '02:00-03:00', 'sun:23:30-mon:01:30'],
    ['days in capitals', '02:00-03:00', 'Sun:04:00-Sun:05:00'],
    ['tokens', new CfnParameter(stack, 'Backup').valueAsString, new CfnParameter(stack, 'Maintenance').valueAsString],
    ['a token beside one that is known', new CfnParameter(stack, 'Some').valueAsString, 'sun:04:00-sun:05:00'],
  ])('may be %s', (_name, backup, maintenance) => {
    expect(validate(backup, maintenance)).not.toThrow();
  });

  test.each(['3:00-4:00', '03:00', '03:00-24:00', '03:60-04:00', '03:00 - 04:00', 'sun:03:00-sun:04:00', '', '03:00-04:00 UTC'])('fails for backups at %p', (window) => {
    expect(validate(window)).toThrow(`\`preferredBackupWindow\` must be a time of day in UTC like '03:00-04:00', got '${window}'.`);
  });

  test.each(['sun:3:00-sun:4:00', '03:00-04:00', 'sun:03:00-04:00', 'sunday:03:00-sunday:04:00', 'sun:03:00-sun:24:00', 'son:03:00-son:04:00', ''])('fails for maintenance at %p', (window) => {
    expect(validate(undefined, window)).toThrow(`\`preferredMaintenanceWindow\` must be a time of week in UTC like 'sun:04:00-sun:05:00', got '${window}'.`);
  });

  test.each([
    ['03:00-03:29', undefined, 30, 29], ['03:00-03:00', undefined, 30, 0], [undefined, 'sun:23:50-mon:00:10', 30, 20], [undefined, 'sun:03:00-sun:03:00', 30, 0],
    ['23:30-00:29', undefined, 60, 59],
  ])('fails for %p and %p, which are shorter than %p minutes', (backup, maintenance, least, length) => {
    expect(validate(backup, maintenance, least)).toThrow(new RegExp(`must be at least ${least} minutes long, got ${length} minutes`));
  });

  test.each([
    ['02:00-03:00', 'sun:02:30-sun:03:30'], ['02:00-03:00', 'sun:01:00-sun:04:00'], ['00:00-06:00', 'wed:02:00-wed:03:00'], ['23:30-00:30', 'sun:00:00-sun:01:00'],
    ['00:00-01:00', 'sun:23:30-mon:00:30'], ['02:00-03:00', 'sat:12:00-mon:12:00'], ['02:00-03:00', 'sun:02:00-sun:03:00'], ['23:00-23:30', 'sun:23:29-mon:00:29'],
  ])('fails where backups at %p overlap maintenance at %p', (backup, maintenance) => {
    expect(validate(backup, maintenance)).toThrow(/overlap\. Backups are made every day/);
  });

  test('are taken exactly where they have no minute in common', () => {
    const time = fc.integer({ min: 0, max: 1439 });
    const lengths = fc.oneof(fc.integer({ min: 30, max: 400 }), fc.integer({ min: 30, max: 10_079 }));
    fc.assert(fc.property(time, time, fc.nat(10_079), lengths, (from, to, start, length) => {
      const backupLength = (to - from + 1440) % 1440;
      fc.pre(backupLength >= 30);
      const isBackup = (minute: number) => (minute % 1440 - from + 1440) % 1440 < backupLength;
      const common = Array.from({ length }, (_, index) => start + index).some(isBackup);
      const attempt = validate(`${clock(from)}-${clock(to)}`, `${moment(start)}-${moment((start + length) % 10_080)}`);
      if (common) {
        expect(attempt).toThrow(/overlap/);
      } else {
        expect(attempt).not.toThrow();
      }
    }), { numRuns: 500 });
  });
});

describe('the windows of', () => {
  const server = (props: object) => newServer(props);
  const cluster = (props: object) => newServer({ capacity: PostgresCapacity.serverless({ min: 1, max: 4 }), ...props });
  const cache = (props: object) => {
    const { stack: scope, vpc } = newServer();
    return new RedisCache(scope, 'Cache', { vpc, ...props });
  };

  test.each([['an instance', server, 30], ['a cluster', cluster, 30], ['a cache', cache, 60]])('%s fail where they overlap, or are too short', (_name, declare, least) => {
    expect(() => declare({ preferredBackupWindow: '02:00-03:00', preferredMaintenanceWindow: 'sun:02:30-sun:03:30' })).toThrow(/overlap/);
    expect(() => declare({ preferredBackupWindow: '02:00-02:29' })).toThrow(`\`preferredBackupWindow\` must be at least ${least} minutes long, got 29 minutes.`);
    expect(() => declare({ preferredMaintenanceWindow: 'sun:02:00-sun:02:20' })).toThrow(`\`preferredMaintenanceWindow\` must be at least ${least} minutes long, got 20 minutes.`);
    expect(() => declare({ preferredBackupWindow: '02:00-03:00', preferredMaintenanceWindow: 'sun:03:00-sun:04:00' })).not.toThrow();
  });
});
