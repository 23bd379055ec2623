import { App, CfnParameter, Lazy } from 'aws-cdk-lib';
import { World } from './world';
import {
  FargateApi, FargateWorker, InvalidBackendError, MigrationSource, MigrationTask, NetworkIngress, PostgresUser, Posture, PrivateFileSystem, PrivatePostgres, PublicIngress, RedisCache, RedisUser, ServiceBinding, ServiceImage,
  ScheduledJob, SelfHostedPostgres, SsmBastion, BackendNetwork, ServiceVolume, type FargateApiProps, type IPostgres,
} from '../../src';

/** What JavaScript and Python let through. */
const wrong = (value?: unknown) => value as never;

const api = ({ stack, cluster, image }: World, props: Partial<FargateApiProps>) => new FargateApi(stack, 'Api', { cluster, image, ...props });
const source = () => MigrationSource.goose(`${__dirname}/../../examples/01-private-backend/migrations`);
const twice = (declare: (id: string) => unknown) => ['Api', 'Api'].map(declare);

/** Ids that nothing can be made below, by method. */
const IDS: [string, (world: World) => (id: string) => unknown][] = [
  ['a database', ({ postgres }) => (id) => postgres.addDatabase(id)],
  ['a user of a database', ({ postgres }) => (id) => postgres.database.addUser(id)],
  ['a user of a server', ({ postgres }) => (id) => postgres.addUser(id)],
  ['a user of a cache', ({ cache }) => (id) => cache.addUser(id)],
  ['a tunnel', ({ bastion, postgres }) => (id) => bastion.addTunnel(id, { target: postgres })],
];

describe.each(IDS)('the id of %s', (_what, methodOf) => {
  const caught = (declare: (method: (id: string) => unknown) => unknown) => thrownBy((world) => declare(methodOf(world)));

  test('fails where it is empty', () => expect(caught((method) => method('')).id).toBe('Props.emptyId'));
  test('fails where there is none', () => expect(caught((method) => method(wrong())).id).toBe('Props.emptyId'));
  test('fails where it is a token', () => expect(caught((method) => method(Lazy.string({ produce: () => 'Api' }))).id).toBe('Props.tokenId'));
  test('fails where it is taken', () => expect(caught(twice).id).toBe('Props.duplicateId'));
});

/** Values of another kind, which compilers find. */
const VALUES: [string, string, (world: World) => unknown][] = [
  ...([undefined, 'network'] as const).flatMap((value): [string, string, (world: World) => unknown][] => {
    const id = value === undefined ? 'Props.missing' : 'Props.kind';
    const vpcOf = (world: World) => wrong(value === undefined ? undefined : new BackendNetwork(world.stack, 'Other'));
    return [
      [`server in vpc ${value}`, id, (world) => new PrivatePostgres(world.stack, 'New', { vpc: vpcOf(world) })],
      [`cluster in vpc ${value}`, id, (world) => new SelfHostedPostgres(world.stack, 'New', { vpc: vpcOf(world) })],
      [`cache in vpc ${value}`, id, (world) => new RedisCache(world.stack, 'New', { vpc: vpcOf(world) })],
      [`ingress in vpc ${value}`, id, (world) => new PublicIngress(world.stack, 'New', { vpc: vpcOf(world) })],
      [`network ingress in vpc ${value}`, id, (world) => new NetworkIngress(world.stack, 'New', { vpc: vpcOf(world) })],
      [`bastion in vpc ${value}`, id, (world) => new SsmBastion(world.stack, 'New', { vpc: vpcOf(world) })],
      [`file system in vpc ${value}`, id, (world) => new PrivateFileSystem(world.stack, 'New', { vpc: vpcOf(world) })],
    ];
  }),
  ['cluster with one stopped node', 'Props.list', ({ stack, vpc }) => new SelfHostedPostgres(stack, 'New', { vpc, stoppedNodes: wrong(1) })],
  ['cluster with one extension', 'Props.list', ({ stack, vpc }) => new SelfHostedPostgres(stack, 'New', { vpc, superuserExtensions: wrong('dblink') })],
  ['route to nothing', 'Props.missing', ({ ingress }) => ingress.addRoute('New', { target: wrong() })],
  ['route to a worker', 'Props.kind', ({ ingress, worker }) => ingress.addRoute('New', { target: wrong(worker) })],
  ['route to the service of CDK', 'Props.kind', (world) => world.ingress.addRoute('New', { target: wrong(world.cluster) })],
  ['share of a worker', 'Props.kind', ({ ingress, worker, api: other }) => ingress.addWeightedRoute('New', { targets: [{ target: other, weight: 1 }, { target: wrong(worker), weight: 1 }] })],
  ['tunnel to nothing', 'Props.missing', ({ bastion }) => bastion.addTunnel('New', { target: wrong() })],
  ['tunnel to a database', 'Props.kind', ({ bastion, postgres }) => bastion.addTunnel('New', { target: wrong(postgres.database) })],
  ['tunnel to a user', 'Props.kind', ({ bastion, cache }) => bastion.addTunnel('New', { target: wrong(cache.addUser('Api')) })],
  ['service in a VPC', 'Props.kind', (world) => api(world, { cluster: wrong(world.vpc) })],
  ['service without a cluster', 'Props.missing', (world) => api(world, { cluster: wrong() })],
  ['worker without an image', 'Props.missing', ({ stack, cluster }) => new FargateWorker(stack, 'New', { cluster, image: wrong() })],
  ['service of a text', 'Props.kind', (world) => api(world, { image: wrong('nginx') })],
  ['job of a text', 'Props.kind', ({ stack, cluster }) => new ScheduledJob(stack, 'New', { cluster, image: wrong('nginx'), schedule: wrong() })],
  ['service connected to one thing', 'Props.list', (world) => api(world, { connectTo: wrong(world.postgres.addUser('Api')) })],
  ['service behind one migration', 'Props.list', (world) => api(world, { migrations: wrong(new MigrationTask(world.stack, 'Migrations', { cluster: world.cluster, database: world.postgres.database, source: source() })) })],
  ['service behind nothing', 'Props.missing', (world) => api(world, { migrations: [wrong()] })],
  ['service behind a database', 'Props.kind', (world) => api(world, { migrations: [wrong(world.postgres.database)] })],
  ['migrations of a server', 'Props.kind', ({ stack, cluster, postgres }) => new MigrationTask(stack, 'New', { cluster, database: wrong(postgres), source: source() })],
  ['migrations of nothing', 'Props.missing', ({ stack, cluster }) => new MigrationTask(stack, 'New', { cluster, database: wrong(), source: source() })],
  ['user of a server', 'Props.kind', ({ stack, postgres }) => new PostgresUser(stack, 'New', { database: wrong(postgres as IPostgres) })],
  ['user of an imported cache', 'Props.kind', ({ stack, bastion }) => {
    const cache = RedisCache.fromRedisCacheAttributes(stack, 'Imported', { endpoint: 'cache.example.com', securityGroups: bastion.connections.securityGroups });
    new RedisUser(stack, 'New', { cache: wrong(cache) });
  }],
  ['alarms of nothing', 'Props.missing', ({ monitoring }) => monitoring.monitorService(wrong())],
  ['alarms of a server as a service', 'Props.kind', ({ monitoring, postgres }) => monitoring.monitorService(wrong(postgres))],
  ['alarms of no construct', 'Props.missing', ({ monitoring }) => monitoring.monitor(wrong())],
  ['image of a directory that is not there', 'ServiceImage.directoryNotFound', (world) => api(world, { image: ServiceImage.fromDirectory('servcie') })],
  ['directory that is none', 'ServiceImage.noDirectory', () => ServiceImage.fromDirectory(wrong())],
  ['prefix of nothing', 'Props.missing', (world) => api(world, { connectTo: [ServiceBinding.withPrefix('SHOP', wrong())] })],
  ['database with the name of a parameter as its id', 'Props.tokenId', ({ stack, postgres }) => postgres.addDatabase(new CfnParameter(stack, 'Name').valueAsString)],
  ['volume of nothing', 'Props.missing', (world) => api(world, { volumes: [ServiceVolume.efs('Files', { fileSystem: wrong(), mountPath: '/files' })] })],
  ['volume of a bucket', 'Props.kind', (world) => api(world, { volumes: [ServiceVolume.efs('Files', { fileSystem: wrong(world.bucket), mountPath: '/files' })] })],
  ['volume of a file system without directory', 'Props.kind', (world) => api(world, { volumes: [ServiceVolume.fromSource('Files', wrong(world.files), { mountPath: '/files' })] })],
];

test.each(VALUES)('fails for a %s with an error of this library: %s', (_what, id, declare) => {
  const error = thrownBy(declare);
  expect([error.name, error.message.includes(`[cdk-private-backend:${id}]`) ? id : error.message]).toEqual(['InvalidBackendError', id]);
});

test('the posture of an app without one is production, with a warning', () => {
  expect(Posture.of(new App()).deletionProtection).toBe(true);
});

test('users of TypeScript and JavaScript tell errors of this library from others', () => {
  const error = thrownBy(({ postgres }) => postgres.addDatabase(''));
  expect(error).toBeInstanceOf(InvalidBackendError);
  expect(error.id).toBe('Props.emptyId');
});

function thrownBy(declare: (world: World) => unknown): InvalidBackendError {
  try {
    declare(new World(Posture.development()));
  } catch (error) {
    return error as InvalidBackendError;
  }
  throw new Error('Nothing was thrown.');
}
