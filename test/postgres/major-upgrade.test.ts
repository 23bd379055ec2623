import { Lazy } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { newServer } from './postgres-fixtures';
import { PostgresCapacity, PostgresVersion, type PrivatePostgresProps } from '../../src';

const warnings = (props: Partial<PrivatePostgresProps>) =>
  Annotations.fromStack(newServer(props).stack).findWarning('*', Match.stringLikeRegexp('major version upgrade')).map(({ entry }) => String(entry.data));

describe('a major version upgrade', () => {
  test.each([
    ['the version of the library', {}, 'postgres', '17'],
    ['a major version', { engineVersion: PostgresVersion.VER_18 }, 'postgres', '18'],
    ['a major version of a cluster', { engineVersion: PostgresVersion.of('16'), capacity: PostgresCapacity.serverless({ min: 1, max: 2 }) }, 'aurora-postgresql', '16'],
  ])('to %s is warned about, with the command that lists the versions', (_name, props, engine, version) => {
    const [warning, ...others] = warnings({ allowMajorVersionUpgrade: true, ...props });
    expect(others).toEqual([]);
    expect(warning).toContain(`upgrade to '${version}' can fail`);
    expect(warning).toContain(`'aws rds describe-db-engine-versions --engine ${engine}'`);
  });

  test.each([
    ['that names a full version', { allowMajorVersionUpgrade: true, engineVersion: PostgresVersion.of('17.9') }],
    ['whose version is a token', { allowMajorVersionUpgrade: true, engineVersion: PostgresVersion.of(Lazy.string({ produce: () => '17.9' }), '17') }],
    ['that is not allowed', { engineVersion: PostgresVersion.VER_18 }],
  ])('%s is not warned about', (_name, props) => {
    expect(warnings(props)).toEqual([]);
  });
});
