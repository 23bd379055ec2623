import { CfnParameter, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  AdminSecret, type AdoptExisting, FargateApi, PemFile, PostgresCapacity, PostgresDatabase, PostgresUser, PostgresVersion, PrivatePostgres, type IPostgres, type PrivatePostgresAttributes,
} from '../../../src';
import { inEnvironment, inProduction, type ErrorCases } from '../case';
import type { World } from '../world';

/** Imports a server that others made. */
function importPostgres({ stack, vpc, bastion }: World, attributes: Partial<PrivatePostgresAttributes>) {
  const adminSecret = secretsmanager.Secret.fromSecretNameV2(stack, 'Admin', 'legacy/admin');
  return PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Legacy', { endpoint: 'legacy.example.com', vpc, securityGroups: bastion.connections.securityGroups, adminSecret, ...attributes });
}

/** PostgreSQL servers, their databases and users. */
export const POSTGRES: ErrorCases = {
  'BackendMonitoring.connections': (world) => world.monitoring.monitorPostgres(importPostgres(world, { instanceIdentifier: 'legacy' })),
  'BackendMonitoring.storage': (world) => world.monitoring.monitorPostgres(importPostgres(world, { instanceIdentifier: 'legacy' })),
  'DatabaseServer.adminName': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, adminUsername: 'root' }).addUser('Root'),
  'DatabaseServer.connectionBudget': inProduction(({ stack, vpc }) => {
    const capacity = PostgresCapacity.instance(new ec2.InstanceType('t4g.small'));
    new PrivatePostgres(stack, 'Postgres', { vpc, capacity }).addUser('Api');
  }),
  'DatabaseServer.duplicateName': ({ postgres }) => [postgres.addUser('Api'), postgres.addDatabase('orders').addUser('Api')],
  'DatabaseServer.notImported': ({ stack, vpc }) => {
    const server = new rds.DatabaseInstance(stack, 'Legacy', { vpc, vpcSubnets: { subnets: vpc.isolatedSubnets }, engine: rds.DatabaseInstanceEngine.POSTGRES });
    new PostgresDatabase(stack, 'App', { server: server as unknown as IPostgres });
  },
  'DatabaseServer.otherEnvironment': inEnvironment({ region: 'eu-west-1' }, ({ app, postgres }) => {
    const stack = new Stack(app, 'Service', { env: { region: 'us-east-1' } });
    new PostgresUser(stack, 'Api', { database: postgres.database });
  }),
  'DatabaseServer.tooManyKeys': ({ stack, vpc }) => {
    const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, maxConnections: 5000 });
    Array.from({ length: 31 }, (_, index) => postgres.addUser(`Tenant${index}`, { encryptionKey: new kms.Key(stack, `Key${index}`) }));
  },
  'Postgres.serverSetting': ({ postgres }) => postgres.addUser('Api', { settings: { max_connections: '200' } }),
  'Postgres.settingAndProp': ({ postgres }) => postgres.addUser('Api', { statementTimeout: Duration.seconds(5), settings: { statement_timeout: '9s' } }),
  'Postgres.settingDecided': ({ postgres }) => postgres.addUser('Api', { settings: { role: 'app_owner' } }),
  'Postgres.settingName': ({ postgres }) => postgres.addUser('Api', { settings: { 'work mem': '64MB' } }),
  'Postgres.settingTwice': ({ postgres }) => postgres.addUser('Api', { settings: { work_mem: '64MB', WORK_MEM: '8MB' } }),
  'Postgres.unknownSetting': ({ postgres }) => postgres.addUser('Api', { settings: { work_men: '64MB' } }),
  'PostgresCapacity.autoPause': () => PostgresCapacity.serverless({ min: 0, max: 4, autoPause: Duration.minutes(1) }),
  'PostgresCapacity.autoPauseMin': () => PostgresCapacity.serverless({ min: 0.5, max: 4, autoPause: Duration.minutes(10) }),
  'PostgresCapacity.limits': () => PostgresCapacity.serverless({ min: 0.7, max: 4 }),
  'PostgresCapacity.minAboveMax': () => PostgresCapacity.serverless({ min: 4, max: 2 }),
  'PostgresDatabase.databaseName': ({ postgres }) => postgres.addDatabase('template1'),
  'PostgresDatabase.databaseNameCharacters': ({ postgres }) => postgres.addDatabase('Orders', { databaseName: 'orders 2' }),
  'PostgresDatabase.extensionName': ({ postgres }) => postgres.addDatabase('orders', { extensions: ['UUID-OSSP'] }),
  'PostgresDatabase.extensionTwice': ({ postgres }) => postgres.addDatabase('orders', { extensions: ['pgcrypto', 'pgcrypto'] }),
  'PostgresDatabase.locale': ({ postgres }) => postgres.addDatabase('orders', { locale: '' }),
  'PostgresDatabase.oneDatabaseExtension': ({ postgres }) => postgres.addDatabase('jobs', { extensions: ['pg_cron'] }),
  'PostgresDatabase.unknownExtension': ({ postgres }) => postgres.addDatabase('search', { extensions: ['pg_tgrm'] }),
  'PostgresUser.connectionLimit': ({ postgres }) => postgres.addUser('Api', { connectionLimit: 0 }),
  'PostgresUser.limitBelowTasks': ({ stack, cluster, image, postgres }) => {
    const user = postgres.addUser('Api', { connectionLimit: 20 });
    new FargateApi(stack, 'Shop', { cluster, image, connectTo: [user], minTasks: 2, maxTasks: 6 });
  },
  'PostgresUser.poolSize': ({ postgres }) => postgres.addUser('Api', { poolSize: 0 }),
  'PostgresUser.tokenMaxTasks': ({ stack, cluster, image, postgres }) => {
    const { valueAsNumber: maxTasks } = new CfnParameter(stack, 'MaxTasks', { type: 'Number' });
    new FargateApi(stack, 'Shop', { cluster, image, connectTo: [postgres.addUser('Api')], maxTasks });
  },
  'PostgresUser.tokenPoolSize': ({ stack, postgres }) => postgres.addUser('Api', { poolSize: new CfnParameter(stack, 'PoolSize', { type: 'Number' }).valueAsNumber }),
  'PostgresUser.username': ({ postgres }) => postgres.addUser('PgMonitor'),
  'PostgresUser.usernameCharacters': ({ postgres }) => postgres.addUser('Ada', { username: 'ada,lovelace' }),
  'AdoptExisting.type': ({ postgres }) => postgres.addDatabase('Legacy', { adoptExisting: true as unknown as AdoptExisting }),
  'PostgresVersion.tokenVersion': ({ stack }) => PostgresVersion.of(new CfnParameter(stack, 'Version').valueAsString),
  'PostgresVersion.unsupported': () => PostgresVersion.of('14'),
  'PrivatePostgres.adminUsername': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, adminUsername: 'admin' }),
  'PrivatePostgres.allocatedStorage': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, allocatedStorage: Size.gibibytes(10) }),
  'PrivatePostgres.backupRetention': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, backupRetention: Duration.days(90) }),
  'PrivatePostgres.caCertificates': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, caCertificates: PemFile.fromText('ca.pem') }),
  'PrivatePostgres.caCertificatesSize': ({ stack, vpc }) => {
    const everyRegion = `-----BEGIN CERTIFICATE-----${'A'.repeat(165_000)}-----END CERTIFICATE-----`;
    new PrivatePostgres(stack, 'Postgres', { vpc, caCertificates: PemFile.fromText(everyRegion) });
  },
  'PrivatePostgres.deletionProtection': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, deletionProtection: true, removalPolicy: RemovalPolicy.DESTROY }),
  'PrivatePostgres.endpoint': (world) => importPostgres(world, { endpoint: 'postgres://legacy.example.com:5432' }),
  'PrivatePostgres.firstDatabase': (world) => importPostgres(world, {}).addUser('Api'),
  'PrivatePostgres.forceSslParameter': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, parameters: { 'rds.force_ssl': '0' } }),
  'PrivatePostgres.importedMetrics': (world) => importPostgres(world, {}).metricCpuUtilization(),
  'PrivatePostgres.importedSecurityGroups': (world) => importPostgres(world, { securityGroups: [] }),
  'PrivatePostgres.majorUpgrade': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, engineVersion: PostgresVersion.VER_17, allowMajorVersionUpgrade: true }),
  'PrivatePostgres.managedRestore': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, snapshotIdentifier: 'before-migration', adminSecret: AdminSecret.rdsManaged() }),
  'PrivatePostgres.maxAllocatedStorage': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, allocatedStorage: Size.gibibytes(25), maxAllocatedStorage: Size.gibibytes(25) }),
  'PrivatePostgres.maxConnections': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, maxConnections: 5 }),
  'PrivatePostgres.maxConnectionsParameter': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, maxConnections: 100, parameters: { max_connections: '200' } }),
  'PrivatePostgres.missingMetric': ({ stack, vpc }) => {
    const capacity = PostgresCapacity.serverless({ min: 0, max: 4 });
    new PrivatePostgres(stack, 'Postgres', { vpc, capacity }).metricFreeStorageSpace();
  },
  'PrivatePostgres.preload': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, extensions: ['pgaudit'] }),
  'PrivatePostgres.proxyEndpoint': (world) => importPostgres(world, { endpoint: 'main.cluster-ro-abc123.eu-west-1.rds.amazonaws.com' }),
  'PrivatePostgres.securityGroups': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, securityGroups: [] }),
  'PrivatePostgres.serverlessStorage': ({ stack, vpc }) => {
    const capacity = PostgresCapacity.serverless({ min: 0, max: 4 });
    new PrivatePostgres(stack, 'Postgres', { vpc, capacity, allocatedStorage: Size.gibibytes(100) });
  },
  'PrivatePostgres.snapshotKey': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, snapshotIdentifier: 'before-migration', encryptionKey: new kms.Key(stack, 'Key') }),
  'PrivatePostgres.twoIdentifiers': (world) => importPostgres(world, { instanceIdentifier: 'main-1', clusterIdentifier: 'main' }),
  'PrivatePostgres.unknownParameter': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, parameters: { log_connection: '1' } }),
  'PrivatePostgres.unknownRegion': inEnvironment({ region: 'eu-isoe-west-1' }, ({ postgres }) => postgres),
};
