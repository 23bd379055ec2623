import { readFileSync } from 'fs';
import { join } from 'path';
import { Size } from 'aws-cdk-lib';
import { PrivatePostgres, type PrivatePostgresProps } from '../../../src';
import { expecting } from '../expecting';
import { production, synth, type SynthOptions } from '../support/services';

const server = (props: Partial<PrivatePostgresProps>, options?: SynthOptions) => synth(({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, ...props }), options);

describe('pg_cron', () => {
  const declared = (parameters: Record<string, string>) => server({
    databaseName: 'shop', extensions: ['pg_cron'], parameters: { shared_preload_libraries: 'pg_stat_statements,pg_cron', ...parameters },
  });

  // A server has pg_cron in one database only, `postgres` unless the parameter names another; for any other the deployment fails.
  test.failing('pg-cron-in-another-database: pg_cron for a database that the server does not run it in makes synthesis name the parameter', expecting(() => {
    expect(declared({}).said).toMatch(/cron\.database_name/);
  }));

  test('is taken for the database that the parameter names', () => {
    expect(declared({ 'cron.database_name': 'shop' }).said).not.toMatch(/cron\.database_name/);
  });
});

describe('windows', () => {
  const windows = (preferredBackupWindow: string, preferredMaintenanceWindow: string) => server({ preferredBackupWindow, preferredMaintenanceWindow });

  // Synthesis passes, and RDS refuses the windows in the deployment.
  test.failing('windows-overlap: windows for backup and maintenance that overlap are an error at synthesis', expecting(() => {
    expect(windows('02:00-03:00', 'sun:02:30-sun:03:30').error).toBeDefined();
  }));

  test('that only touch are taken', () => {
    expect(windows('02:00-03:00', 'sun:03:00-sun:04:00').error).toBeUndefined();
  });
});

// The greatest storage is five times the least, whatever RDS has: 16 TiB become 81,920 GiB.
test.failing('storage-above-limit: the greatest storage of a server is no more than RDS has', expecting(() => {
  const { MaxAllocatedStorage } = server({ allocatedStorage: Size.tebibytes(16) }, { posture: production() }).only<{ MaxAllocatedStorage: number | string }>('AWS::RDS::DBInstance');
  expect(Number(MaxAllocatedStorage)).toBeLessThanOrEqual(65_536);
}));

// A higher `maxConnections` waits for a restart that nobody makes, while alarms and limits of users rise at once; the docs do not tell.
test.failing('docs-on-restarts: the docs say that parameters may wait for a reboot by the operator', expecting(() => {
  const lines = readFileSync(join(__dirname, '../../../docs/postgres.md'), 'utf8').split('\n');
  expect(lines.filter((line) => /reboot|pending[-_ ]restart|pending[-_ ]reboot/i.test(line))).not.toEqual([]);
}));
