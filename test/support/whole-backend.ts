import * as path from 'path';
import { Duration, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { AmplifyFrontend, AuditTrail, BackendCluster, BackendMonitoring, BackendNetwork, ContainerRepository, CustomDomain, IngressJwt, IngressMaintenance, IngressMutualTls, FargateApi, MigrationSource, MigrationTask, NetworkIngress, PostgresAccess, PostgresUser, PrivatePostgres, PublicIngress, FargateWorker, PemFile, PrivateFileSystem, RedisCache, ScheduledJob, SelfHostedPostgres, ServiceImage, ServiceVolume, SsmBastion, StaticFrontend, type IPostgres, type PostgresDatabase, type RedisUser, DiscoveryNamespace } from '../../src';
import { ServiceBinding } from '../../src/binding';
import { isEndpointsOnly } from '../../src/network/shared/endpoints-only';

/** Folder of the example apps, whose migrations and services are used. */
export const EXAMPLES = path.join(__dirname, '..', '..', 'examples');

/** Stands for a root certificate, where the region of a stack has none in the library. */
const CA_BUNDLE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

const ISSUER = { issuer: 'https://login.example.com', jwksEndpoint: 'https://login.example.com/keys' };

/** Parts of a backend in the order of their dependencies: each refers to those before it, never to those behind. */
export const TIERS = ['Network', 'Cluster', 'Data', 'Ingress', 'Services', 'Access'] as const;

export type Tier = typeof TIERS[number];

/** Where the parts of a backend stand; a part without a home is not built. */
export type Homes = Partial<Record<Tier, Construct>>;

/** Names and values of a backend. Any of them may be known only at deployment. */
export interface Names {
  readonly databaseName?: string;
  readonly username?: string;
  readonly databasePort?: number;
  readonly importedEndpoint?: string;
  readonly importedPort?: number;
  readonly servicePort?: number;
  readonly domainName?: string;
  readonly host?: string;
  readonly privateDnsNamespace?: string;
  readonly localPort?: number;
  readonly minTasks?: number;
  readonly maxTasks?: number;
}

/** What is there already, and what it is called. */
export interface WholeBackendOptions {
  readonly vpc?: ec2.IVpc;
  readonly cluster?: ecs.ICluster;
  readonly serviceSecurityGroups?: ec2.ISecurityGroup[];
  readonly databaseSecurityGroups?: ec2.ISecurityGroup[];
  readonly names?: Names;
}

/** What a backend consists of. */
export interface WholeBackend {
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly images: ContainerRepository;
  readonly postgres: IPostgres;
  readonly orders: PostgresDatabase;
  readonly legacy: IPostgres;
  readonly selfHosted: SelfHostedPostgres;
  readonly cacheUser: RedisUser;
  readonly fileSystem: PrivateFileSystem;
  readonly ingresses: PublicIngress[];
  readonly networkIngress: NetworkIngress;
  readonly users: PostgresUser[];
  readonly migrations: MigrationTask[];
  readonly apis: FargateApi[];
  readonly bastion: SsmBastion;
}

/** Every construct of the library once or twice, with each other connected as much as they can be. */
export function buildBackend(homes: Homes, options: WholeBackendOptions = {}): Partial<WholeBackend> {
  const made: Partial<WholeBackend> = { vpc: options.vpc ?? new BackendNetwork(homes.Network!, 'Network', { ipv6: true }).vpc };
  for (const tier of TIERS) {
    const home = homes[tier];
    Object.assign(made, home === undefined ? {} : BUILD[tier](home, made as WholeBackend, options));
  }
  return made;
}

/** Services that nodes of a cluster need, and tasks do not. */
const { AUTOSCALING, CLOUDFORMATION, CLOUDWATCH_MONITORING, EC2, LAMBDA } = ec2.InterfaceVpcEndpointAwsService;

/** Adds the endpoints of nodes to a network that has no other way out. */
function addNodeEndpoints(vpc: ec2.IVpc): void {
  const network = vpc.node.scope;
  const group = network instanceof BackendNetwork ? network.endpointSecurityGroup : undefined;
  const securityGroups = group === undefined ? undefined : [group];
  Object.entries({ AUTOSCALING, CLOUDFORMATION, CLOUDWATCH_MONITORING, EC2, LAMBDA }).forEach(([id, service]) => vpc.addInterfaceEndpoint(id, { service, securityGroups }));
}

function createCluster(home: Construct, vpc: ec2.IVpc, names?: Names): SelfHostedPostgres {
  const isolated = isEndpointsOnly(vpc);
  if (isolated) {
    addNodeEndpoints(vpc);
  }
  const imageId = isolated ? 'ami-0123456789abcdef0' : undefined;
  return new SelfHostedPostgres(home, 'SelfHosted', { vpc, databaseName: names?.databaseName ?? 'app', nodes: nodesIn(vpc), imageId });
}

/** The same home for every part. */
export function allIn(home: Construct): Required<Homes> {
  return Object.fromEntries(TIERS.map((tier) => [tier, home])) as Required<Homes>;
}

type Build = (home: Construct, made: WholeBackend, options: WholeBackendOptions) => Partial<WholeBackend>;

const BUILD: Record<Tier, Build> = {
  Network: () => ({}),
  Cluster: (home, { vpc }, { cluster, names }) => ({
    cluster: cluster ?? new BackendCluster(home, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns(names?.privateDnsNamespace ?? 'backend.internal') }),
    images: new ContainerRepository(home, 'Images'),
  }),
  Data: createServers,
  Ingress: (home, { vpc }, options) => ({
    ingresses: ['FirstIngress', 'SecondIngress'].map((id) => createIngress(home, id, vpc, options)),
    networkIngress: new NetworkIngress(home, 'ThirdIngress', { vpc, domain: createDomain(home, 'ThirdIngress', {}), allowFrom: [ec2.Peer.ipv4('10.0.0.0/8')] }),
  }),
  Services: createServices,
  Access: (home, made, { names }) => {
    const bastion = new SsmBastion(home, 'Bastion', { vpc: made.vpc });
    const people = new Role(home, 'People', { assumedBy: new AccountRootPrincipal() });
    bastion.addTunnel('Postgres', { target: made.postgres, localPort: names?.localPort }).grantConnect(people);
    bastion.addTunnel('Cache', { target: made.cacheUser.cache, localPort: 16379 }).grantConnect(people);
    bastion.addTunnel('Legacy', { target: made.legacy, localPort: 15432 }).grantConnect(people);
    bastion.addTunnel('Replicas', { target: made.selfHosted.reader, localPort: 15433 }).grantConnect(people);
    bastion.grantShell(people);
    new AuditTrail(home, 'Trail', { sendToCloudWatchLogs: true }).bucket.grantRead(people);
    made.migrations?.forEach((migration) => migration.grantRun(people));
    watchBackend(new BackendMonitoring(home, 'Monitoring'), made);
    return { bastion };
  },
};

function watchBackend(monitoring: BackendMonitoring, { apis, ingresses, networkIngress, postgres, selfHosted, cacheUser, migrations }: Partial<WholeBackend>): void {
  apis?.forEach((api) => monitoring.monitorService(api));
  ingresses?.forEach((ingress) => monitoring.monitorIngress(ingress));
  monitoring.monitor(networkIngress!);
  migrations?.forEach((migration) => monitoring.monitorMigrations(migration));
  monitoring.monitorPostgres(postgres!);
  monitoring.monitorPostgres(selfHosted!);
  monitoring.monitorCache(cacheUser!.cache);
}

/** Of tasks whose number only the deployment knows, no limit can be computed. */
function limitFor(names: Names | undefined, limit: number): number | undefined {
  return names?.maxTasks === undefined ? undefined : limit;
}

function createServers(home: Construct, { vpc }: WholeBackend, { databaseSecurityGroups, names }: WholeBackendOptions): Partial<WholeBackend> {
  const postgres = new PrivatePostgres(home, 'Postgres', {
    vpc, databaseName: names?.databaseName ?? 'app', extensions: ['pgcrypto'], caCertificates: PemFile.fromText(CA_BUNDLE), securityGroups: databaseSecurityGroups, port: names?.databasePort,
  });
  const orders = postgres.addDatabase('Orders');
  const legacy = PrivatePostgres.fromPrivatePostgresAttributes(home, 'Legacy', {
    vpc,
    endpoint: names?.importedEndpoint ?? 'db.example.com',
    port: names?.importedPort,
    databaseName: 'legacy',
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(home, 'LegacyGroup', 'sg-12345678')],
    adminSecret: secretsmanager.Secret.fromSecretCompleteArn(home, 'LegacyAdmin', arnOf(home, 'secretsmanager', 'secret', 'legacy-AbCdEf')),
    caCertificates: PemFile.fromText(CA_BUNDLE),
  });
  const selfHosted = createCluster(home, vpc, names);
  const cacheUser = new RedisCache(home, 'Cache', { vpc }).addUser('Api');
  return { postgres, orders, legacy, selfHosted, cacheUser, fileSystem: new PrivateFileSystem(home, 'Files', { vpc }), users: [orders.addUser('Reports', { access: PostgresAccess.READ_ONLY, connectionLimit: limitFor(names, 10) })] };
}

/** As many as the posture says, where the network has enough zones. */
function nodesIn({ availabilityZones }: ec2.IVpc): number | undefined {
  return availabilityZones.length < 3 ? 1 : undefined;
}

function createDomain(home: Construct, id: string, { domainName }: Names): CustomDomain {
  const certificate = Certificate.fromCertificateArn(home, `${id}Certificate`, arnOf(home, 'acm', 'certificate', 'example'));
  return CustomDomain.fromCertificate(certificate, [domainName ?? `${id.toLowerCase()}.example.com`]);
}

function createIngress(home: Construct, id: string, vpc: ec2.IVpc, { names = {}, vpc: existing }: WholeBackendOptions): PublicIngress {
  const domain = createDomain(home, id, names);
  const caCertificates = PemFile.fromPath(path.join(__dirname, '..', 'ingress', 'certificates', 'authority.pem'));
  const special = {
    maintenance: IngressMaintenance.on({ allowFrom: ['203.0.113.0/24'] }),
    mutualTls: IngressMutualTls.verify({ caCertificates }),
    ipAddressType: existing === undefined ? IpAddressType.DUAL_STACK : undefined,
    idleTimeout: Duration.minutes(2),
  };
  const ingress = new PublicIngress(home, id, { vpc, domain, ...(id === 'SecondIngress' ? special : {}) });
  ingress.addFixedResponse('Robots', { paths: ['/robots.txt'], statusCode: 200, messageBody: 'User-agent: *' });
  ingress.addRedirect('Old', { paths: ['/old/*'], path: '/new/#{path}' });
  return ingress;
}

function createServices(home: Construct, made: WholeBackend, { serviceSecurityGroups: securityGroups, cluster: existing, names }: WholeBackendOptions): Partial<WholeBackend> {
  const { cluster, images, postgres, orders, legacy, selfHosted, ingresses } = made;
  const user = new PostgresUser(home, 'ApiUser', { poolSize: 4, connectionLimit: limitFor(names, 24), database: postgres.database, username: names?.username });
  const users = [...made.users, user, new PostgresUser(home, 'OrdersUser', { connectionLimit: limitFor(names, 10), database: orders }),
    new PostgresUser(home, 'LegacyUser', { connectionLimit: limitFor(names, 10), database: legacy.database }),
    new PostgresUser(home, 'SelfHostedUser', { connectionLimit: limitFor(names, 10), database: selfHosted.database })];
  const migrations = [
    new MigrationTask(home, 'Goose', { cluster, database: postgres.database, source: MigrationSource.goose(path.join(EXAMPLES, '01-private-backend/migrations')) }),
    new MigrationTask(home, 'Dbmate', { cluster, database: orders, source: MigrationSource.dbmate(path.join(EXAMPLES, '02-hello-birthday/migrations')) }),
  ];
  const image = ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api'));
  const { servicePort: port, minTasks, maxTasks } = names ?? {};
  const apis = [
    new FargateApi(home, 'FirstApi', { cluster, image, connectTo: [user, made.cacheUser, ServiceBinding.withPrefix('REPORTS', made.users[0])], migrations, securityGroups, port, minTasks, maxTasks }),
    new FargateApi(home, 'SecondApi', { cluster, image: images.image('1.0.0'), connectTo: users.slice(2).map((other, index) => ServiceBinding.withPrefix(`DB${index}`, other)), migrations, enableExecuteCommand: true }),
  ];
  apis.forEach((api, index) => ingresses[0].addRoute(`Api${index}`, { paths: [`/api${index}/*`], hosts: names?.host === undefined ? undefined : [names.host], target: api, targetVerifiesTokens: true }));
  ingresses[1].addRoute('Api', { target: apis[0], targetVerifiesTokens: true });
  made.networkIngress.addRoute('Api', { target: apis[1] });
  ingresses[1].addWeightedRoute('Both', { paths: ['/both/*'], targets: apis.map((target, weight) => ({ target, weight })), stickiness: Duration.hours(1), jwt: IngressJwt.fromIssuer(ISSUER) });
  createFrontends(home, ingresses[0].url);
  const called = existing === undefined ? [apis[1]] : [];
  const volumes = [ServiceVolume.efs('Uploads', { fileSystem: made.fileSystem, mountPath: '/var/uploads' })];
  new FargateWorker(home, 'Worker', { cluster, volumes, image, connectTo: [user, ...called], migrations, securityGroups, minTasks, maxTasks, taskProtection: true });
  new ScheduledJob(home, 'Nightly', { cluster, image, connectTo: [user], migrations, securityGroups, schedule: ScheduleExpression.rate(Duration.days(1)) });
  return { users, migrations, apis };
}

/** Neither can be had in China and GovCloud. */
function createFrontends(home: Construct, apiUrl: string): void {
  if (/^(cn|us-gov)-/.test(Stack.of(home).region)) {
    return;
  }
  const accessToken = secretsmanager.Secret.fromSecretNameV2(home, 'GitHub', 'github-token');
  new AmplifyFrontend(home, 'AmplifyWeb', { repository: 'https://github.com/example/web', accessToken, environment: { VITE_API_URL: apiUrl } });
  new StaticFrontend(home, 'StaticWeb');
}

function arnOf(home: Construct, service: string, resource: string, name: string): string {
  const stack = Stack.of(home);
  return `arn:${stack.partition}:${service}:${stack.region}:${stack.account}:${resource}${service === 'secretsmanager' ? ':' : '/'}${name}`;
}
