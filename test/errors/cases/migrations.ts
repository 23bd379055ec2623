import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnResource, Duration, type Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { DatabaseEngine, type ILogicalDatabase, MigrationSource, MigrationTask, type MigrationTaskProps } from '../../../src';
import type { ErrorCases } from '../case';
import type { World } from '../world';

const image = ecs.ContainerImage.fromRegistry('registry.example.com/migrations@sha256:1');
const FLYWAY = MigrationSource.command({ image, command: ['flyway', 'migrate'], revision: 'r1', protectedTables: ['flyway_schema_history'] });
const CREATE = '-- +goose Up\nCREATE TABLE users (id int);\n';

/** A task with these changes to a good one. */
function migrate({ stack, cluster, postgres }: World, changes: Partial<MigrationTaskProps>, scope: Stack = stack): MigrationTask {
  return new MigrationTask(scope, 'Migrations', { cluster, database: postgres.database, source: FLYWAY, ...changes });
}

/** A directory of migrations with these files. */
function directory(files: Record<string, string>): string {
  const path = join(mkdtempSync(join(tmpdir(), 'case-')), 'migrations');
  mkdirSync(path);
  Object.entries(files).forEach(([name, text]) => (text.startsWith('-> ') ? symlinkSync(text.slice(3), join(path, name)) : writeFileSync(join(path, name), text)));
  return path;
}

/** The database, with something about it replaced. */
function like(database: ILogicalDatabase, properties: object): ILogicalDatabase {
  return Object.create(database, Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, { value }]))) as ILogicalDatabase;
}

/** Migrations: their sources, tasks and files. */
export const MIGRATIONS: ErrorCases = {
  'MigrationSource.brokenLink': (world) => migrate(world, { source: MigrationSource.goose(directory({ '00001_users.sql': '-> missing.sql' })) }),
  'MigrationSource.command': () => MigrationSource.command({ image, command: [], revision: 'r1' }),
  'MigrationSource.directoryEmpty': (world) => migrate(world, { source: MigrationSource.goose(directory({ 'README.md': '' })) }),
  'MigrationSource.directoryMissing': (world) => migrate(world, { source: MigrationSource.goose('migrations') }),
  'MigrationSource.goMigration': (world) => migrate(world, { source: MigrationSource.goose(directory({ '00001_users.go': 'package migrations' })) }),
  'MigrationSource.lintErrors': (world) => migrate(world, { source: MigrationSource.goose(directory({ '00001_users.sql': 'CREATE TABLE users (id int);' })) }),
  'MigrationSource.revision': () => MigrationSource.command({ image, command: ['flyway', 'migrate'], revision: '' }),
  'MigrationSource.unknownEngine': (world) =>
    migrate(world, { database: like(world.postgres.database, { engine: DatabaseEngine.of('Oracle'), _migrations: undefined }), source: MigrationSource.goose(directory({ '00001_users.sql': CREATE })) }),
  'MigrationSource.upperCaseName': (world) => migrate(world, { source: MigrationSource.goose(directory({ '00001_users.SQL': CREATE })) }),
  'MigrationSource.version': (world) => migrate(world, { source: MigrationSource.goose('migrations', { version: 'latest' }) }),
  'MigrationTask.architecture': (world) => migrate(world, { architecture: ecs.CpuArchitecture.of('RISCV'), source: MigrationSource.goose(directory({ '00001_users.sql': CREATE })) }),
  'MigrationTask.duplicateVariable': (world) => migrate(world, { environment: { PGHOST: 'db.example.com' } }),
  'MigrationTask.noMainResource': (world) => migrate(world, {}).runBefore(new Construct(world.stack, 'Service')),
  'MigrationTask.ownerContainers': (world) =>
    migrate(world, { database: like(world.postgres.database, { owner: { bindToService: () => ({ sidecars: { Proxy: { image } } }) } }) }),
  'MigrationTask.ownerCredentials': (world) =>
    migrate(world, { database: like(world.postgres.database, { owner: { bindToService: () => ({}) } }), source: MigrationSource.goose(directory({ '00001_users.sql': CREATE })) }),
  'MigrationTask.reservedVariable': (world) => migrate(world, { source: MigrationSource.goose(directory({ '00001_users.sql': CREATE })), environment: { GOOSE_TABLE: 'versions' } }),
  'MigrationTask.retries': (world) => migrate(world, { retries: 6 }),
  'MigrationTask.securityGroups': (world) => migrate(world, { securityGroups: [] }),
  'MigrationTask.sharedHistory': ({ stack, cluster, postgres: { database } }) => ['First', 'Second'].map((id) =>
    new MigrationTask(stack, id, { cluster, database, source: MigrationSource.goose(directory({ '00001_users.sql': CREATE })) })),
  'MigrationTask.stackOrder': (world) => {
    const { stack, otherStack } = world;
    otherStack.addStackDependency(stack);
    migrate(world, {}, otherStack).runBefore(new CfnResource(stack, 'Service', { type: 'AWS::ECS::Service' }));
  },
  'MigrationTask.timeout': (world) => migrate(world, { timeout: Duration.hours(2) }),
  'MigrationTask.unprotectedTables': (world) => migrate(world, { source: MigrationSource.command({ image, command: ['flyway', 'migrate'], revision: 'r1', protectedTables: ['flyway_schema_history'] }) }),
  'MigrationTask.user': (world) => migrate(world, { user: 'postgres' }),
  'MigrationTask.waitsForItself': (world) => migrate(world, {}).runBefore(world.postgres),
};
