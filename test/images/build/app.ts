import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CpuArchitecture } from 'aws-cdk-lib/aws-ecs';
import type { Architecture, BuildRequest } from './buildah';
import { BackendCluster, BackendNetwork, FargateApi, FargateWorker, MigrationSource, MigrationTask, Posture, PrivatePostgres, ServiceImage } from '../../../src';

const EXAMPLES = join(__dirname, '..', '..', '..', 'examples');
const ARCHITECTURES: readonly [Architecture, CpuArchitecture][] = [['amd64', CpuArchitecture.X86_64], ['arm64', CpuArchitecture.ARM64]];

interface Manifest {
  readonly dockerImages: Record<string, { readonly displayName: string; readonly source: Record<string, unknown> }>;
}

/** The images of the library and of the example services, each once. */
export const IMAGES = ['trust', 'goose', 'dbmate', 'go-api', 'hello-birthday', 'rex-api', 'rex-worker'] as const;
export type ImageName = typeof IMAGES[number];

/** By construct that makes it. */
const MADE_BY: Record<ImageName, string> = {
  'trust': 'GoApi/TaskDefinition/CertificateAuthorities/',
  'goose': 'Goose/',
  'dbmate': 'Dbmate/',
  'go-api': 'GoApi/TaskDefinition/Service/',
  'hello-birthday': 'HelloBirthday/',
  'rex-api': 'RexApi/',
  'rex-worker': 'RexWorker/',
};

/** Synthesises an app that has them all, and answers with the builds that `cdk deploy` would ask for. */
export function synthesise(folder: string, dbmateVersion: string | undefined): (image: ImageName, architecture: Architecture) => BuildRequest {
  const app = new App({ outdir: folder });
  Posture.development().applyTo(app);
  ARCHITECTURES.forEach(([id, architecture]) => addStack(new Stack(app, id), architecture, dbmateVersion));
  app.synth();
  return (image, architecture) => {
    const { dockerImages } = JSON.parse(readFileSync(join(folder, `${architecture}.assets.json`), 'utf8')) as Manifest;
    const found = Object.values(dockerImages).filter(({ displayName }) => displayName.startsWith(MADE_BY[image]));
    if (found.length !== 1) throw new Error(`${found.length} assets are the image ${image}.`);
    return requestOf(folder, found[0].source);
  };
}

/** Every field has to be known, or a build would not be what it is for the CDK CLI. */
function requestOf(folder: string, source: Record<string, unknown>): BuildRequest {
  const { directory, dockerFile, dockerBuildTarget, dockerBuildArgs, platform, ...rest } = source as Record<string, string> & { dockerBuildArgs?: Record<string, string> };
  if (Object.keys(rest).length > 0) throw new Error(`The settings ${Object.keys(rest).join(', ')} of an image asset are not understood here.`);
  return { directory: join(folder, directory), file: dockerFile, target: dockerBuildTarget, buildArgs: dockerBuildArgs, platform };
}

function addStack(stack: Stack, architecture: CpuArchitecture, version: string | undefined): void {
  const { vpc } = new BackendNetwork(stack, 'Network');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app' });
  const service = (name: string, target?: string) => ({ cluster, architecture, image: ServiceImage.fromDirectory(join(EXAMPLES, 'services', name), { target }) });
  new MigrationTask(stack, 'Goose', { cluster, architecture, database: postgres.database, source: MigrationSource.goose(join(EXAMPLES, '01-private-backend', 'migrations')) });
  new MigrationTask(stack, 'Dbmate', { cluster, architecture, database: postgres.addDatabase('hello'), source: MigrationSource.dbmate(join(EXAMPLES, '02-hello-birthday', 'migrations'), { version }) });
  new FargateApi(stack, 'GoApi', { ...service('go-api'), connectTo: [postgres.addUser('Api')] });
  new FargateApi(stack, 'HelloBirthday', service('hello-birthday'));
  new FargateApi(stack, 'RexApi', service('rex', 'api'));
  new FargateWorker(stack, 'RexWorker', service('rex', 'worker'));
}
