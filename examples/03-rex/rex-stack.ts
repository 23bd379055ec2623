import * as path from 'path';
import { CfnOutput, Stack, type App, type StackProps } from 'aws-cdk-lib';
import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { HostedZone, type HostedZoneAttributes, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AmplifyFrontend, BackendCluster, BackendMonitoring, BackendNetwork, CacheCapacity, CacheEngine, CacheEviction, CustomDomain, DiscoveryNamespace, Egress, FargateApi,
  FargateWorker, MigrationSource, MigrationTask, PemFile, PostgresAccess, PostgresCapacity, Posture, PrivatePostgres, PublicIngress, RedisAccess, RedisCache, Scaling,
} from 'cdk-private-backend';

export interface RexStackProps extends StackProps {
  readonly images: { readonly api: ContainerImage; readonly worker: ContainerImage };
  /** The front end's repository on GitHub, and the name of the secret with a token for it. */
  readonly frontend: { readonly repository: string; readonly tokenSecretName: string };
  /** HTTPS as `api.<zone>` and `app.<zone>`; without it HTTP, which production refuses. */
  readonly hostedZone?: HostedZoneAttributes;
  /** PEM certificate authorities of the database server; without it the RDS roots of the region. */
  readonly caCertificates?: PemFile;
}

/** API, worker and auth service with Aurora, Redis, one balancer, a hosted front end and alarms. */
export class RexStack extends Stack {
  constructor(scope: App, id: string, { images, frontend: { repository, tokenSecretName }, hostedZone, caCertificates, ...props }: RexStackProps) {
    super(scope, id, { terminationProtection: Posture.of(scope).terminationProtection, ...props });
    const { vpc } = new BackendNetwork(this, 'Network', { maxAzs: 2, egress: Egress.natGateway({ perAz: Posture.of(this).multiAz }) });
    const cluster = new BackendCluster(this, 'Cluster', { vpc, containerInsights: true, serviceDiscovery: DiscoveryNamespace.privateDns('rex.internal') });
    const service = { cluster, cpu: 512, memoryLimitMiB: 1024, minTasks: 1, maxTasks: 1 };
    const zone = hostedZone && HostedZone.fromHostedZoneAttributes(this, 'Zone', hostedZone);

    const postgres = new PrivatePostgres(this, 'Postgres', { vpc, capacity: PostgresCapacity.serverless({ min: 0.5, max: 2 }), databaseName: 'rex_backend', caCertificates });
    const migrations = new MigrationTask(this, 'Migrations', { cluster, database: postgres.database, source: MigrationSource.goose(path.join(__dirname, 'migrations')) });
    const capacity = CacheCapacity.node({ instanceType: new InstanceType('t4g.micro') });
    const redis = new RedisCache(this, 'Redis', { vpc, engine: CacheEngine.REDIS_7, capacity, eviction: CacheEviction.NO_EVICTION });
    const queue = redis.addUser('Queue', { access: RedisAccess.readWrite({ keyPrefixes: ['{rex}:'] }) });

    // The auth service makes its own tables, as their owner. While it is deployed, two tasks of it run. It is written in Java, so its URL has to name the CA file.
    const sessions = postgres.addDatabase('supertokens').addUser('Supertokens', { access: PostgresAccess.OWNER, poolSize: 5, connectionLimit: 10 });
    const apiKey = new Secret(this, 'ApiKey', { generateSecretString: { excludePunctuation: true, passwordLength: 40 } });
    const supertokens = new FargateApi(this, 'Supertokens', {
      ...service,
      image: ContainerImage.fromRegistry('supertokens/supertokens-postgresql:12.1.1'),
      environment: { BASE_PATH: '/auth', POSTGRESQL_CONNECTION_POOL_SIZE: '5', INFO_LOG_PATH: 'null', ERROR_LOG_PATH: 'null' },
      secrets: { API_KEYS: EcsSecret.fromSecretsManager(apiKey), POSTGRESQL_CONNECTION_URI: EcsSecret.fromSecretsManager(sessions.secret!, 'urlWithCaFile') },
      connectTo: [sessions],
      port: 3567,
      healthCheckPath: '/auth/hello',
      writablePaths: ['/usr/lib/supertokens/temp'],
    });

    const ingress = new PublicIngress(this, 'Ingress', { vpc, domain: zone && nameIn(zone, 'api') });
    const accessToken = Secret.fromSecretNameV2(this, 'GitHubToken', tokenSecretName);
    const frontend = new AmplifyFrontend(this, 'Web', { repository, accessToken, environment: { VITE_API_URL: ingress.url }, domain: zone && nameIn(zone, 'app') });
    const scaled = { ...service, minTasks: 2, maxTasks: 10, scaleOn: [Scaling.onCpuPercent(60)] };
    const api = new FargateApi(this, 'Api', {
      ...scaled,
      image: images.api,
      environment: { QUEUE_NAME: 'jobs', SUPERTOKENS_BASE_PATH: '/auth', CORS_ORIGINS: frontend.url },
      secrets: { SUPERTOKENS_API_KEY: EcsSecret.fromSecretsManager(apiKey) },
      connectTo: [postgres.addUser('Api'), queue, supertokens],
      migrations: [migrations],
      healthCheckPath: '/api/health',
    });
    const connectTo = [postgres.addUser('Worker', { connectionLimit: 20 }), queue];
    const worker = new FargateWorker(this, 'Worker', { ...service, image: images.worker, environment: { QUEUE_NAME: 'jobs' }, connectTo, migrations: [migrations] });
    ingress.addRoute('Api', { paths: ['/api/*'], target: api });

    const monitoring = new BackendMonitoring(this, 'Monitoring');
    [api, worker, supertokens].forEach((each) => monitoring.monitorService(each));
    monitoring.monitorIngress(ingress);
    monitoring.monitorPostgres(postgres);
    monitoring.monitorCache(redis);
    monitoring.monitorMigrations(migrations);

    const commands = { MigrateCommand: migrations.runCommand, RestartApiCommand: api.restartCommand, RestartAuthCommand: supertokens.restartCommand };
    const names = { AlarmTopic: monitoring.alarmTopic.topicArn, ApiLogs: api.logGroup.logGroupName, WorkerLogs: worker.logGroup.logGroupName };
    Object.entries({ Url: ingress.url, FrontendUrl: frontend.url, ...commands, ...names }).forEach(([name, value]) => new CfnOutput(this, name, { value }));
  }
}

function nameIn(zone: IHostedZone, name: string): CustomDomain {
  return CustomDomain.fromHostedZone(zone, { domainNames: [`${name}.${zone.zoneName}`] });
}
