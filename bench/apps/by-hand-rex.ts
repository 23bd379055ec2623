import * as path from 'path';
import { CfnOutput, Duration, RemovalPolicy, Stack, type App, type CustomResource } from 'aws-cdk-lib';
import * as amplify from 'aws-cdk-lib/aws-amplify';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { ByHandCache } from './by-hand-cache';
import { ByHandDatabase } from './by-hand-database';
import { ByHandMigration } from './by-hand-migration';
import { createGroup, createListener, createVpc, secretsOf } from './by-hand-parts';
import { createCluster } from './by-hand-servers';
import { ByHandService } from './by-hand-service';
import type { Inputs } from './shape';

const REDIS = { REDIS_PORT: '6379', REDIS_TLS: 'true', REDIS_USERNAME: 'queue' };

/** The repositories of example 03. */
export class ByHandRexImages extends Stack {
  public readonly api = this.createRepository('Api');
  public readonly worker = this.createRepository('Worker');

  private createRepository(id: string): ecr.Repository {
    const repository = new ecr.Repository(this, id, {
      imageScanOnPush: true,
      imageTagMutability: ecr.TagMutability.IMMUTABLE,
      emptyOnDelete: true,
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [
        { rulePriority: 1, description: 'Expire untagged images', tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(1) },
        { rulePriority: 2, description: 'Keep the last tagged images', tagStatus: ecr.TagStatus.TAGGED, tagPatternList: ['*'], maxImageCount: 10 },
      ],
    });
    new CfnOutput(this, `${id}Repository`, { value: repository.repositoryUri });
    return repository;
  }
}

/** The resources of example 03 in development, written with CDK's own constructs: as many of each type, with the properties that matter. */
export class ByHandRexStack extends Stack {
  private readonly vpc: ec2.Vpc;
  private readonly cluster: ecs.Cluster;
  private readonly database: ByHandDatabase;
  private readonly cache: ByHandCache;
  private readonly apiKey: secretsmanager.Secret;
  private readonly ingressGroup: ec2.SecurityGroup;
  private readonly listener: elbv2.ApplicationListener;

  constructor(app: App, id: string, private readonly inputs: Inputs, private readonly images: ByHandRexImages) {
    super(app, id);
    this.vpc = createVpc(this, 1);
    this.cluster = new ecs.Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
    this.cluster.addDefaultCloudMapNamespace({ name: 'rex.internal', type: servicediscovery.NamespaceType.DNS_PRIVATE });
    this.database = new ByHandDatabase(this, 'Database', this.vpc, inputs.root, { name: 'rex_backend', createServer: createCluster });
    const owner = this.database.addUser('Owner', 'OWNER', 'rex_backend');
    const migration = this.createMigration(owner);
    this.cache = new ByHandCache(this, 'Cache', this.vpc);
    this.apiKey = new secretsmanager.Secret(this, 'ApiKey', { generateSecretString: { excludePunctuation: true, passwordLength: 40 } });
    this.ingressGroup = createGroup(this, 'IngressGroup', this.vpc, 'Load balancer');
    this.listener = createListener(this, this.vpc, this.ingressGroup);
    const supertokens = this.createSupertokens();
    const frontendUrl = this.createFrontend();
    const api = this.createApi(supertokens, migration, frontendUrl);
    const worker = this.createWorker(migration);
    const topic = new sns.Topic(this, 'Alarms', { enforceSSL: true });
    const names = [frontendUrl, topic.topicArn, this.cluster.clusterName, api.service.serviceName, api.logGroup.logGroupName, worker.logGroup.logGroupName];
    [...names, this.listener.loadBalancer.loadBalancerDnsName, migration.ref].forEach((value, index) => new CfnOutput(this, `Output${index}`, { value }));
  }

  /** What tasks need to start: routes and the endpoint. */
  private get network(): IConstruct[] {
    const { internetConnectivityEstablished } = this.vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS });
    return [internetConnectivityEstablished as IConstruct, this.vpc.node.findChild('S3')];
  }

  private createMigration(owner: CustomResource): CustomResource {
    return new ByHandMigration(this, 'Migration', {
      vpc: this.vpc,
      cluster: this.cluster,
      database: this.database,
      databaseName: 'rex_backend',
      owner,
      inputs: this.inputs,
      network: this.network,
      subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS,
      assignPublicIp: false,
    }).resource;
  }

  private createSupertokens(): ByHandService {
    const sessions = this.database.addDatabase('SupertokensDatabase', 'supertokens');
    const user = this.database.addUser('Supertokens', 'OWNER', 'supertokens', sessions);
    return new ByHandService(this, 'Supertokens', {
      ...this.shared(user),
      name: 'supertokens',
      image: ecs.ContainerImage.fromRegistry('supertokens/supertokens-postgresql:12.1.1'),
      port: 3567,
      environment: { BASE_PATH: '/auth', POSTGRESQL_CONNECTION_POOL_SIZE: '5', INFO_LOG_PATH: 'null', ERROR_LOG_PATH: 'null' },
      secrets: { API_KEYS: ecs.Secret.fromSecretsManager(this.apiKey), POSTGRESQL_CONNECTION_URI: this.userSecret('SupertokensUri', user, 'urlWithCaFile') },
      writablePath: '/usr/lib/supertokens/temp',
      route: { listener: this.listener, path: '/auth/*', healthCheckPath: '/auth/hello', priority: 1 },
    });
  }

  private createFrontend(): string {
    const app = new amplify.CfnApp(this, 'Web', {
      name: 'Rex-Web',
      repository: 'https://github.com/example/rex-web',
      accessToken: secretsmanager.Secret.fromSecretNameV2(this, 'GitHubToken', 'rex/github-token').secretValue.unsafeUnwrap(),
      platform: 'WEB',
      enableBranchAutoDeletion: true,
      buildSpec: 'version: 1\nfrontend:\n  phases:\n    preBuild:\n      commands:\n        - npm ci\n    build:\n      commands:\n        - npm run build\n  artifacts:\n    baseDirectory: dist\n    files:\n      - "**/*"\n',
      customHeaders: "customHeaders:\n  - pattern: '**'\n    headers:\n      - key: 'X-Content-Type-Options'\n        value: 'nosniff'\n      - key: 'X-Frame-Options'\n        value: 'DENY'\n",
      customRules: [{ source: '</^[^.]+$|\\.(?!(css|gif|ico|jpg|js|png|txt|svg|woff|woff2|ttf|map|json)$)([^.]+$)/>', status: '200', target: '/index.html' }],
      environmentVariables: [{ name: 'VITE_API_URL', value: `http://${this.listener.loadBalancer.loadBalancerDnsName}` }],
    });
    new amplify.CfnBranch(this, 'WebBranch', { appId: app.attrAppId, branchName: 'main', enableAutoBuild: true, enablePullRequestPreview: false, stage: 'PRODUCTION' });
    return `https://main.${app.attrDefaultDomain}`;
  }

  private createApi(supertokens: ByHandService, migration: CustomResource, frontendUrl: string): ByHandService {
    const user = this.database.addUser('Api', 'READ_WRITE', 'rex_backend');
    const api = new ByHandService(this, 'Api', {
      ...this.shared(user),
      name: 'api',
      image: ecs.ContainerImage.fromEcrRepository(this.images.api, '1.0.0'),
      port: 8080,
      environment: {
        ...REDIS, REDIS_HOST: this.cache.host, QUEUE_NAME: 'jobs', SUPERTOKENS_BASE_PATH: '/auth', SUPERTOKENS_URL: 'http://supertokens.rex.internal:3567', CORS_ORIGINS: frontendUrl,
      },
      secrets: { ...secretsOf(this.cache.secret, { REDIS_PASSWORD: 'password', REDIS_URL: 'url' }), SUPERTOKENS_API_KEY: ecs.Secret.fromSecretsManager(this.apiKey) },
      connections: [{ group: this.cache.group, port: 6379 }, { group: supertokens.group, port: 3567 }],
      after: [migration, supertokens.service],
      route: { listener: this.listener, path: '/api/*', healthCheckPath: '/api/health', priority: 2 },
    });
    api.service.autoScaleTaskCount({ minCapacity: 2, maxCapacity: 10 })
      .scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60, scaleInCooldown: Duration.minutes(5), scaleOutCooldown: Duration.minutes(1) });
    return api;
  }

  private createWorker(migration: CustomResource): ByHandService {
    const user = this.database.addUser('Worker', 'READ_WRITE', 'rex_backend');
    return new ByHandService(this, 'Worker', {
      ...this.shared(user),
      image: ecs.ContainerImage.fromEcrRepository(this.images.worker, '1.0.0'),
      environment: { ...REDIS, REDIS_HOST: this.cache.host, QUEUE_NAME: 'jobs' },
      secrets: secretsOf(this.cache.secret, { REDIS_PASSWORD: 'password', REDIS_URL: 'url' }),
      connections: [{ group: this.cache.group, port: 6379 }],
      after: [migration],
    });
  }

  private shared(user: CustomResource) {
    return {
      vpc: this.vpc,
      cluster: this.cluster,
      database: this.database.group,
      user,
      network: this.network,
      size: { cpu: 512, memoryLimitMiB: 1024 },
      trustImage: path.join(this.inputs.root, 'lib/fargate/trust-image'),
    };
  }

  private userSecret(id: string, user: CustomResource, field: string): ecs.Secret {
    return ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretCompleteArn(this, id, user.getAttString('SecretArn')), field);
  }
}
