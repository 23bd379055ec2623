/**
 * Builds the images of the library and of the example services with buildah, from the assets that an app has, for both architectures.
 * In place of the base images, which are not pulled, stand files of this machine. Needs root; bash .ci/tier-images installs the rest.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageName, IMAGES, synthesise } from './build/app';
import { makeBases, standIns, volumes } from './build/bases';
import { type Architecture, Buildah, HOST, OTHER } from './build/buildah';
import { EXPECTED, RUNS } from './build/expected';
import { fetchDbmate } from './build/fetch-dbmate';
import { addedFiles, describeFile, type ImageFile } from './build/files';
import type { ImageList } from './pinned-images';

const ROOT = join(__dirname, '..', '..');
const BUILD_TIMEOUT_MS = 600_000;
const BASES = standIns(JSON.parse(readFileSync(join(ROOT, 'projenrc', 'images.json'), 'utf8')) as ImageList);

/** Kept for the next run: modules, what was compiled, packages. */
const cache = join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? tmpdir(), `cdk-private-backend-builds-${process.getuid?.() ?? 'user'}`);
const folder = mkdtempSync(join(tmpdir(), 'cdk-private-backend-images-'));
const buildah = new Buildah(folder, { bases: BASES, volumes: volumes(cache) });
let request: ReturnType<typeof synthesise>;
let dbmateVersion: string;

beforeAll(() => {
  dbmateVersion = fetchDbmate(join(cache, 'go', 'mod'));
  makeBases(buildah, join(folder, 'bases'), new Set(BASES.values()));
  request = synthesise(join(folder, 'cdk.out'), dbmateVersion);
}, BUILD_TIMEOUT_MS);

afterAll(() => {
  buildah.end();
  rmSync(folder, { recursive: true, force: true });
});

const tagOf = (image: ImageName, architecture: Architecture) => `localhost/${image}-${architecture}`;
const baseFiles = (image: ImageName, architecture: Architecture) => buildah.files(`localhost/${EXPECTED[image].base}-${architecture}`);

describe.each([OTHER, HOST])('for %s', (architecture) => {
  describe.each(IMAGES)('the image %s', (image) => {
    let files: string;
    let added: ImageFile[];

    beforeAll(() => {
      const { code, text } = buildah.build(tagOf(image, architecture), request(image, architecture));
      if (code !== 0) throw new Error(`The image ${image} was not built for ${architecture}:\n${text}`);
      files = buildah.files(tagOf(image, architecture));
      added = addedFiles(files, baseFiles(image, architecture));
    }, BUILD_TIMEOUT_MS);

    test('is of that architecture, as its programs are', () => {
      expect(buildah.config(tagOf(image, architecture))).toMatchObject({ architecture, os: 'linux' });
      const programs = added.filter(({ machine }) => machine !== undefined);
      expect(programs.map(({ path, machine }) => [path, machine])).toEqual(EXPECTED[image].programs.map((path) => [path, architecture]));
    });

    test('stands on the base of that architecture', () => {
      const shell = addedFiles(files, baseFiles(image, architecture === HOST ? OTHER : HOST)).filter(({ path }) => path === '/bin/sh' || path === '/bin/busybox');
      expect(shell.length > 0).toBe(EXPECTED[image].base !== 'static');
      expect(added.filter(({ path }) => path.startsWith('/bin/'))).toEqual([]);
    });

    test('has the user, the command and the volumes that ECS needs', () => {
      const { config } = buildah.config(tagOf(image, architecture));
      const { User, Entrypoint, Cmd, Volumes, WorkingDir, ExposedPorts, StopSignal } = config;
      expect({ User, Entrypoint, Cmd, Volumes, WorkingDir, ExposedPorts, StopSignal }).toEqual(EXPECTED[image].config);
      expect(config.Env?.filter((entry) => !entry.startsWith('PATH='))).toEqual(EXPECTED[image].env);
    });

    test('has its files with their owners and permissions, and no others', () => {
      const described = added.map(describeFile);
      EXPECTED[image].files.forEach((file) => expect(described).toContain(file));
      expect(described.filter((file) => !EXPECTED[image].files.includes(file) && !EXPECTED[image].others?.test(file))).toEqual([]);
    });

    test('gives nobody more rights: nothing added is setuid, setgid, a device, or open to everybody', () => {
      expect(added.filter(({ kind, mode }) => kind === '?' || (kind !== 'l' && !/^0..[0145]$/.test(mode))).map(describeFile)).toEqual([]);
    });
  });
});

describe('what the migration images have of this repository', () => {
  test.each(['goose', 'dbmate'] as const)('%s: the bundled runner, which parses, and the migrations byte for byte', (image) => {
    const files = buildah.files(tagOf(image, OTHER));
    const runner = join(files, 'opt/runner/index.js');
    expect(readFileSync(runner, 'utf8')).toBe(readFileSync(join(ROOT, 'assets/migrations/runner/index.js'), 'utf8'));
    expect(spawnSync(process.execPath, ['--check', runner], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const migrations = { goose: '01-private-backend', dbmate: '02-hello-birthday' }[image];
    const compared = spawnSync('diff', ['--recursive', '--exclude=migrations.sum', join(ROOT, 'examples', migrations, 'migrations'), join(files, 'opt/runner/migrations')], { encoding: 'utf8' });
    expect(compared).toMatchObject({ status: 0, stdout: '' });
  });
});

describe(`on this machine (${HOST})`, () => {
  test.each(RUNS)('$image: $what', ({ image, command, environment, code, text }) => {
    const run = buildah.start(tagOf(image, HOST), command, environment);
    expect(run.text).toMatch(text({ dbmate: dbmateVersion }));
    expect(run.code).toBe(code);
  });
});

describe('this tier fails on', () => {
  const base = [...BASES].find(([, name]) => name === 'busybox')?.[0];
  const build = (name: string, content: string) => {
    const directory = join(folder, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'Dockerfile'), content);
    return buildah.build(`localhost/${name}`, { directory, platform: `linux/${OTHER}` });
  };

  test('a RUN in the last stage, for another architecture', () => {
    const { code, text } = build('emulated', `FROM ${base}\nRUN mkdir -p /run/ca && chown -R 65532:65532 /run\n`);
    expect(code).not.toBe(0);
    expect(text).toMatch(/exec format error|for another architecture/);
  });

  test('a base that nothing stands for', () => {
    expect(build('missing', `FROM busybox:1@sha256:${'a'.repeat(64)}\nUSER 1\n`).code).not.toBe(0);
  });
});
