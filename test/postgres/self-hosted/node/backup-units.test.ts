import { existsSync, readdirSync, readFileSync } from 'fs';
import { join } from 'path';

const NODE = join(__dirname, '../../../../src/postgres/self-hosted/node');
const UNITS = readdirSync(join(NODE, 'units')).filter((name) => /^node-(backup|metrics)/.test(name));
const read = (name: string) => readFileSync(join(NODE, 'units', name), 'utf8');

/** Value of a setting of a unit; of several the last, as systemd takes it. */
function setting(unit: string, name: string): string | undefined {
  return [...read(unit).matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].pop()?.[1];
}

test('backups, their check and metrics have a timer and a service each', () => {
  const names = ['node-backup-check', 'node-backup-diff', 'node-backup-full', 'node-metrics'];
  expect([...UNITS].sort()).toEqual(names.flatMap((name) => [`${name}.service`, `${name}.timer`]));
});

test.each(UNITS.filter((name) => name.endsWith('.service')))('%s runs a script that is shipped, in the region of the node, once at a time', (unit) => {
  const [script] = (setting(unit, 'ExecStart') ?? '').split(' ');
  expect(script).toMatch(/^\/opt\/first-boot\/[a-z-]+\.sh$/);
  expect(existsSync(join(NODE, script.replace('/opt/first-boot/', '')))).toBe(true);
  expect(setting(unit, 'EnvironmentFile')).toBe('/etc/node/aws.env');
  expect(setting(unit, 'Type')).toBe('oneshot');
  expect(setting(unit, 'TimeoutStartSec')).toBeDefined();
});

test.each(UNITS.filter((name) => name.endsWith('.timer')))('%s comes at times of the clock, exactly', (unit) => {
  expect(setting(unit, 'OnCalendar')).toBeDefined();
  expect(setting(unit, 'AccuracySec')).toBe('1s');
  expect(setting(unit, 'RandomizedDelaySec')).toBeUndefined();
  expect(setting(unit, 'WantedBy')).toBe('timers.target');
});

test('a backup may take as long as it takes, and metrics end before they are due again', () => {
  expect(setting('node-backup-full.service', 'TimeoutStartSec')).toBe('infinity');
  expect(setting('node-backup-diff.service', 'TimeoutStartSec')).toBe('infinity');
  expect(setting('node-metrics.service', 'TimeoutStartSec')).toBe('55s');
});
