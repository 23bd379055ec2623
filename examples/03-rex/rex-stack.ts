import * as path from 'path';
import { CfnOutput, Stack, type App, type StackProps } from 'aws-cdk-lib';
import { ContainerImage, Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { HostedZone, type HostedZoneAttributes } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as backend from 'cdk-private-backend';

export interface RexStackProps extends StackProps {
  readonly images: { readonly api: ContainerImage; readonly worker: ContainerImage };
  /** The front end's repository on GitHub, and the name of the secret with a token for it. */
  readonly frontend: { readonly repository: string; readonly tokenSecretName: string };
  /** HTTPS as `api.<zone>` and `app.<zone>`; without it HTTP, which production refuses. */
  readonly hostedZone?: HostedZoneAttributes;
  /** PEM certificate authorities of the database server; without it the RDS roots of the region. */
  readonly caBundle?: string;
}

/** API, worker and auth service with Aurora, Redis, one balancer, a hosted front end and alarms. */
export class RexStack extends Stack {
  constructor(scope: App, id: string, { images, frontend: { repository, tokenSecretName }, hostedZone, caBundle, ...props }: RexStackProps) {
    super(scope, id, props);
    const { vpc } = new backend.BackendNetwork(this, 'Network', { maxAzs: 2, egress: backend.Egress.natGateway({ perAz: backend.Posture.of(this).multiAz }) });
    const cluster = new backend.BackendCluster(this, 'Cluster', { vpc, containerInsights: true, serviceDiscovery: backend.ServiceDiscovery.privateDns('rex.internal') });
    const zone = hostedZone && HostedZone.fromHostedZoneAttributes(this, 'Zone', hostedZone);

    const capacity = backend.PostgresCapacity.serverless({ min: 0.5, max: 2 });
    const postgres = new backend.PrivatePostgres(this, 'Postgres', { vpc, capacity, databaseName: 'rex_backend', caBundle });
    const source = backend.MigrationSource.goose(path.join(__dirname, 'migrations'));
    const migrations = new backend.MigrationTask(this, 'Migrations', { cluster, database: postgres.database, source });
    const redis = new backend.RedisCache(this, 'Redis', { vpc, engine: backend.CacheEngine.REDIS_7, eviction: backend.CacheEviction.NO_EVICTION });
    const queue = redis.addUser('Queue', { access: backend.RedisAccess.readWrite({ keyPrefixes: ['{rex}:'] }) });

    const size = { cpu: 512, memoryLimitMiB: 1024 };
    // The auth service makes its own tables, as their owner. While it is deployed, two tasks of it run.
    const sessions = postgres.addDatabase('supertokens').addUser('Supertokens', { access: backend.PostgresAccess.OWNER, poolSize: 5, connectionLimit: 10 });
    const apiKey = new Secret(this, 'ApiKey', { generateSecretString: { excludePunctuation: true, passwordLength: 40 } });
    const supertokens = new backend.FargateApi(this, 'Supertokens', {
      ...size,
      cluster,
      image: ContainerImage.fromRegistry('supertokens/supertokens-postgresql:12.1.1'),
      environment: { BASE_PATH: '/auth', POSTGRESQL_CONNECTION_POOL_SIZE: '5', INFO_LOG_PATH: 'null', ERROR_LOG_PATH: 'null' },
      secrets: { API_KEYS: EcsSecret.fromSecretsManager(apiKey), POSTGRESQL_CONNECTION_URI: EcsSecret.fromSecretsManager(sessions.secret, 'url') },
      connectTo: [sessions],
      port: 3567,
      healthCheckPath: '/auth/hello',
      writablePaths: ['/usr/lib/supertokens/temp'],
      minTasks: 1,
      maxTasks: 1,
    });

    const edge = new backend.PublicEdge(this, 'Edge', { vpc, domain: zone && backend.EdgeDomain.fromHostedZone(zone, { domainNames: [`api.${zone.zoneName}`] }) });
    const accessToken = Secret.fromSecretNameV2(this, 'GitHubToken', tokenSecretName);
    const frontend = new backend.AmplifyFrontend(this, 'Frontend', { repository, accessToken, environment: { VITE_API_URL: edge.url }, domainName: zone && `app.${zone.zoneName}` });
    const environment = { QUEUE_NAME: 'jobs', SUPERTOKENS_BASE_PATH: '/auth', CORS_ORIGINS: frontend.url };
    const services = { ...size, cluster, environment, migrations: [migrations] };
    const api = new backend.FargateApi(this, 'Api', {
      ...services,
      image: images.api,
      secrets: { SUPERTOKENS_API_KEY: EcsSecret.fromSecretsManager(apiKey) },
      connectTo: [postgres.database.addUser('Api'), queue, supertokens],
      healthCheckPath: '/api/health',
      minTasks: 2,
      maxTasks: 10,
      scaleOn: [backend.Scaling.onCpu(60)],
    });
    const worker = new backend.FargateWorker(this, 'Worker', { ...services, image: images.worker, connectTo: [postgres.database.addUser('Worker', { connectionLimit: 20 }), queue], minTasks: 1, maxTasks: 1 });
    edge.addRoute('Api', { paths: ['/api/*'], target: api });
    edge.addRoute('Auth', { paths: ['/auth/*'], target: supertokens });

    const monitoring = new backend.BackendMonitoring(this, 'Monitoring');
    [api, worker, supertokens].forEach((service) => monitoring.watchService(service));
    monitoring.watchEdge(edge);
    monitoring.watchPostgres(postgres);
    monitoring.watchCache(redis);
    monitoring.watchMigrations(migrations);

    const outputs = { Url: edge.url, FrontendUrl: frontend.url, AlarmTopic: monitoring.alarmTopic.topicArn, MigrateCommand: migrations.runCommand };
    Object.entries(outputs).forEach(([name, value]) => new CfnOutput(this, name, { value }));
  }
}
