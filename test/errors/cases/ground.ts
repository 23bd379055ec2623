import { CfnParameter, Duration, Lazy, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { BackendAlarm, BackendNetwork, FargateApi, PemFile, Posture, PrivatePostgres, RedisCache, ServiceBinding } from '../../../src';
import { inProduction, withoutPosture, type ErrorCases } from '../case';

const NANO = new ec2.InstanceType('t4g.nano');

/** What every construct refuses, and postures, PEM files, bindings and alarms. */
export const GROUND: ErrorCases = {
  'BackendAlarm.section': () => BackendAlarm.of('Service CPU'),
  'MonitorOptions.count': ({ monitoring, postgres }) => monitoring.monitorPostgres(postgres, { maxConnections: 0 }),
  'MonitorOptions.duration': ({ monitoring, queue }) => monitoring.monitorQueue(queue, { maxAge: Duration.seconds(0) }),
  'MonitorOptions.percent': ({ monitoring, api }) => monitoring.monitorService(api, { cpuPercent: 900 }),
  'MonitorOptions.size': ({ monitoring, postgres }) => monitoring.monitorPostgres(postgres, { minFreeMemory: Size.bytes(0) }),
  'PemFile.inBucket': ({ stack, vpc, bucket }) => new PrivatePostgres(stack, 'Postgres', { vpc, caCertificates: PemFile.fromBucket(bucket, 'ca.pem') }),
  'PemFile.notReadable': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, caCertificates: PemFile.fromPath('certificates/missing.pem') }),
  'PemFile.privateKey': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, caCertificates: PemFile.fromText('-----BEGIN PRIVATE KEY-----') }),
  'PemFile.tokenText': ({ stack }) => PemFile.fromText(Lazy.string({ produce: () => '' })).bind(stack, 'Certificates'),
  'Posture.appliedLate': ({ stack, app, vpc }) => [vpc, Posture.production().applyTo(stack), Posture.production().applyTo(app)],
  'Posture.appliedTwice': ({ app }) => Posture.production().applyTo(app),
  'Posture.auditRetention': () => Posture.production({ auditRetention: Duration.hours(12) }),
  'Posture.backupRetention': () => Posture.production({ backupRetention: Duration.days(36) }),
  'Posture.cacheNodeType': () => Posture.development({ cacheNodeType: NANO }),
  'Posture.databaseAllocatedStorage': () => Posture.development({ databaseAllocatedStorage: Size.gibibytes(5) }),
  'Posture.databaseInstanceType': () => Posture.development({ databaseInstanceType: NANO }),
  'Posture.deletionProtection': () => Posture.production({ databaseRemovalPolicy: RemovalPolicy.DESTROY }),
  'Posture.maxAzs': () => Posture.production({ maxAzs: 4 }),
  'Posture.multiAz': () => Posture.production({ maxAzs: 1 }),
  'Posture.notApplied': withoutPosture(({ stack }) => new BackendNetwork(stack, 'Network')),
  'Posture.poolSize': () => Posture.development({ poolSize: 0 }),
  'Posture.removalPolicy': () => Posture.production({ removalPolicy: RemovalPolicy.SNAPSHOT }),
  'Posture.taskBounds': () => Posture.development({ minTasks: 2 }),
  'Posture.timeout': () => Posture.production({ lockTimeout: Duration.millis(0) }),
  'Posture.terminationProtection': inProduction(({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc })),
  'Posture.unknownName': () => Posture.fromName('prod'),
  'Props.dailyWindow': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, preferredBackupWindow: '3:00-4:00' }),
  'Props.duplicateId': ({ postgres }) => [postgres.addUser('Api'), postgres.addUser('Api')],
  'Props.emptyId': ({ postgres }) => postgres.addDatabase(''),
  'Props.kind': ({ stack }) => new PrivatePostgres(stack, 'Postgres', { vpc: new BackendNetwork(stack, 'Network') as never }),
  'Props.list': ({ stack, cluster, image, postgres }) => new FargateApi(stack, 'Api', { cluster, image, connectTo: postgres.addUser('Api') as never }),
  'Props.misnomer': ({ stack, cluster, image }) => {
    const two = { desiredCount: 2 };
    new FargateApi(stack, 'Api', { cluster, image, ...two });
  },
  'Props.missing': ({ stack }) => new PrivatePostgres(stack, 'Postgres', {} as never),
  'Props.removalPolicy': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, removalPolicy: RemovalPolicy.SNAPSHOT }),
  'Props.tokenId': ({ stack, postgres }) => postgres.addDatabase(new CfnParameter(stack, 'Name').valueAsString),
  'Props.weeklyWindow': ({ stack, vpc }) => new PrivatePostgres(stack, 'Postgres', { vpc, preferredMaintenanceWindow: '04:00-05:00' }),
  'Props.wholeNumber': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, port: 70_000 }),
  'Props.wholeSeconds': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, stopTimeout: Duration.minutes(5) }),
  'Props.windowLength': ({ stack, vpc }) => new RedisCache(stack, 'Cache', { vpc, preferredBackupWindow: '03:00-03:30' }),
  'Props.windowsOverlap': ({ stack, vpc }) => {
    const windows = { preferredBackupWindow: '02:00-03:00', preferredMaintenanceWindow: 'sun:02:30-sun:03:30' };
    new PrivatePostgres(stack, 'Postgres', { vpc, ...windows });
  },
  'ServiceBinding.prefix': ({ postgres }) => ServiceBinding.withPrefix('orders', postgres.addUser('Api')),
  'Stack.circularDependency': ({ stack, otherStack, vpc }) => {
    stack.addStackDependency(otherStack);
    new PrivatePostgres(otherStack, 'Postgres', { vpc });
  },
};
