import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { AwsCli } from './aws-cli';
import { Cdk } from './cdk';
import { Cloud } from './cloud';
import { imageCache } from './ecs/image';
import { EcsStandIn } from './ecs-stand-in';
import { Emulator, installEmulator } from './emulator';
import { EXAMPLES } from './paths';
import { endPrograms } from './process';
import { Proxy } from './proxy';
import { ResponseSink } from './response-sink';
import { findGoose } from '../support/goose';
import { freePort, startPostgres, type PostgresServer } from '../support/postgres-server';

/** Everything that the scenarios share: one emulated AWS with what stands behind it. */
export interface World {
  readonly cloud: Cloud;
  readonly cdk: Cdk;
  readonly aws: AwsCli;
  readonly ecs: EcsStandIn;
  /** Resource types that the emulator's CloudFormation knows. */
  readonly types: Set<string>;
  readonly sink: ResponseSink;
  /** The zone that examples in production take. */
  readonly hostedZone: { readonly hostedZoneId: string; readonly zoneName: string };
  /** Folder for everything that is written. */
  readonly directory: string;
  /** Every request that a custom resource got, oldest first. */
  recordedEvents(): CustomResourceEvent[];
  /** Ends the function that got a request last, without a word. Answers whether there was one. */
  killFunctionOf(event: CustomResourceEvent): boolean;
  startServer(): Promise<PostgresServer>;
}

/** A request of CloudFormation to a custom resource. */
export interface CustomResourceEvent {
  readonly RequestType: string;
  readonly RequestId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Record<string, string>;
  readonly OldResourceProperties?: Record<string, string>;
}

/** What must be undone at the end, newest first. */
const cleanups: (() => Promise<void> | void)[] = [];

/** Undoes everything that `createWorld` and the scenarios have made. */
export async function cleanUp(): Promise<void> {
  await endPrograms();
  for (const cleanup of cleanups.splice(0)) {
    await cleanup();
  }
}

/** Installs and starts all that scenarios need. */
export async function createWorld(progress: (text: string) => void): Promise<World> {
  progress('Installing the emulator and the migration engines, where they are missing');
  const python = await installEmulator();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-private-backend-deploy-'));
  cleanups.unshift(() => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  const assemblies = makeFolder(directory, 'assemblies');
  const events = path.join(makeFolder(directory, 'events'), 'events');

  progress('Starting it on 127.0.0.1, behind the stand-in for ECS tasks');
  // The proxy needs the stand-in, that needs the emulator, and that needs the proxy's address.
  const later: { ecs?: EcsStandIn } = {};
  const proxy = await Proxy.listen(async (action, input) => later.ecs?.intercept(action, input));
  cleanups.unshift(() => proxy.close());
  proxy.target = await freePort();
  const emulator = new Emulator({ python, port: proxy.target, endpoint: proxy.url, directory, recordedEvents: events });
  cleanups.unshift(() => emulator.stop());
  await emulator.waitUntilReady();
  const cloud = new Cloud(proxy.url);
  const ecs = later.ecs = new EcsStandIn(cloud, { directory: makeFolder(directory, 'ecs'), assemblies, images: imageCache(os.tmpdir()), ready: engines(), note: progress });
  cleanups.unshift(async () => ecs.end());

  pushImages(ecs);

  progress('Bootstrapping with the CDK CLI');
  const [types, cdk, aws] = await Promise.all([emulator.resourceTypes(), Cdk.find(proxy.url, assemblies), AwsCli.install(proxy.url, makeFolder(directory, 'aws'))]);
  await cdk.bootstrap();
  const sink = await ResponseSink.listen();
  cleanups.unshift(() => sink.close());
  const zoneName = 'example.com';
  const hostedZone = { hostedZoneId: await cloud.createHostedZone(zoneName), zoneName };
  return { cloud, cdk, aws, ecs, types, sink, hostedZone, directory, recordedEvents: () => readEvents(path.dirname(events)), killFunctionOf: ({ RequestId }) => killFunction(path.dirname(events), RequestId), startServer: async () => startServer(ecs) };
}

/** What whoever deploys example 03 has built and pushed before, into repositories whose names CloudFormation makes. */
function pushImages({ registry }: EcsStandIn): void {
  const directory = path.join(EXAMPLES, 'services', 'rex');
  for (const target of ['api', 'worker']) registry.push(new RegExp(`/rex[^/]*${target}[^/]*:4a6ba24$`, 'i'), { directory, target });
}

/** Tasks reach it by its own name and port. */
async function startServer({ outside }: EcsStandIn): Promise<PostgresServer> {
  const server = await startPostgres();
  cleanups.unshift(() => server.remove());
  await outside.add({ host: server.hostName, port: server.port, target: server.port });
  return server;
}

function makeFolder(parent: string, name: string): string {
  const folder = path.join(parent, name);
  fs.mkdirSync(folder);
  return folder;
}

/** The engines of the versions that the runner's images name, where their Dockerfiles would put them. */
function engines(): Record<string, string> {
  const dbmate = path.dirname(require.resolve(`@dbmate/${process.platform}-${process.arch}/package.json`));
  const goose = findGoose();
  if (goose.directory === undefined) throw new Error(goose.reason);
  return { '/engine/dbmate': path.join(dbmate, 'bin', 'dbmate'), '/engine/goose': path.join(goose.directory, 'goose') };
}

/** The file of a function ends with the number of its process. */
function killFunction(folder: string, requestId: string): boolean {
  const file = fs.readdirSync(folder).find((name) => fs.readFileSync(path.join(folder, name), 'utf8').includes(requestId));
  const pid = Number(file?.split('.').at(-1));
  return pid > 0 && process.kill(pid, 'SIGKILL');
}

/** Each function writes a file of its own. */
function readEvents(folder: string): CustomResourceEvent[] {
  const lines = fs.readdirSync(folder).flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').split('\n'));
  return lines
    .filter((line) => line.includes('"ResponseURL"'))
    .map((line) => JSON.parse(line) as { event: CustomResourceEvent; at: number })
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}
