import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { createCluster } from './fixture';
import { FargateApi, ServiceImage, type ServiceImageOptions } from '../../src/fargate';

interface DockerAsset {
  readonly source: { readonly directory: string; readonly platform?: string; readonly dockerFile?: string; readonly dockerBuildTarget?: string; readonly dockerBuildArgs?: object };
}

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'service-image-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch AS production\n');
  mkdirSync(join(directory, 'notes'));
  writeFileSync(join(directory, 'notes', 'todo.txt'), 'nothing');
});

afterAll(() => rmSync(directory, { recursive: true }));

function buildFor(architecture: ecs.CpuArchitecture | undefined, options?: ServiceImageOptions): DockerAsset {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task', {
    runtimePlatform: architecture && { cpuArchitecture: architecture, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
  });
  taskDefinition.addContainer('Main', { image: ServiceImage.fromDirectory(directory, options) });
  const manifest = app.synth().tryGetArtifact('Stack.assets') as unknown as { contents: { dockerImages: { [hash: string]: DockerAsset } } };
  return Object.values(manifest.contents.dockerImages)[0];
}

test.each([
  ['ARM64', ecs.CpuArchitecture.ARM64, 'linux/arm64'],
  ['x86', ecs.CpuArchitecture.X86_64, 'linux/amd64'],
  ['a default', undefined, 'linux/amd64'],
])('an image is built for the architecture of its task (%s)', (_name, architecture, platform) => {
  expect(buildFor(architecture).source.platform).toBe(platform);
});

test('an image takes the Dockerfile, stage and arguments that it is told', () => {
  // GIVEN
  writeFileSync(join(directory, 'Other'), 'FROM scratch AS other\n');

  // WHEN
  const { source } = buildFor(ecs.CpuArchitecture.ARM64, { file: 'Other', target: 'other', buildArgs: { B: '2', A: '1' } });

  // THEN
  expect(source).toMatchObject({ dockerFile: 'Other', dockerBuildTarget: 'other' });
  expect(JSON.stringify(source.dockerBuildArgs)).toBe('{"A":"1","B":"2"}');
});

test('excluded files do not change an image', () => {
  // GIVEN
  const excluding = { exclude: ['notes'] };
  const before = buildFor(ecs.CpuArchitecture.ARM64, excluding).source.directory;
  const beforeWithNotes = buildFor(ecs.CpuArchitecture.ARM64).source.directory;

  // WHEN
  writeFileSync(join(directory, 'notes', 'todo.txt'), 'something');

  // THEN
  expect(buildFor(ecs.CpuArchitecture.ARM64, excluding).source.directory).toBe(before);
  expect(buildFor(ecs.CpuArchitecture.ARM64).source.directory).not.toBe(beforeWithNotes);
});

test('fails on a directory that is not there', () => {
  directory = join(directory, '.');
  expect(() => {
    const taskDefinition = new ecs.FargateTaskDefinition(new Stack(), 'Task');
    taskDefinition.addContainer('Main', { image: ServiceImage.fromDirectory('/does/not/exist') });
  }).toThrow(/The image directory '\/does\/not\/exist' doesn't exist \(looked at '\/does\/not\/exist'\).*where `cdk` runs/);
});

test('fails on a directory without the Dockerfile that is named', () => {
  const { stack, cluster } = createCluster();
  expect(() => new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory(directory, { file: 'Missing' }) })).toThrow(/does not contain 'Missing' \(looked at '.*\/Missing'\).*Backend\/Api/);
});

describe('an API with another image', () => {
  const warning = Match.stringLikeRegexp('exec format error.*ServiceImage.fromDirectory');

  test('warns that fromAsset builds for the wrong machine', () => {
    // GIVEN
    const { stack, cluster } = createCluster();

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: ecs.ContainerImage.fromAsset(directory) });

    // THEN
    Annotations.fromStack(stack).hasWarning('/Backend/Api', warning);
  });

  test('does not warn where fromAsset has a platform, nor with fromDirectory', () => {
    // GIVEN
    const { stack, cluster } = createCluster();

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: ecs.ContainerImage.fromAsset(directory, { platform: Platform.LINUX_ARM64 }) });
    new FargateApi(stack, 'Other', { cluster, image: ServiceImage.fromDirectory(directory) });

    // THEN
    Annotations.fromStack(stack).hasNoWarning('*', warning);
  });
});
