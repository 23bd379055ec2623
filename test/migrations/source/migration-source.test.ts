import { createHash } from 'crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join, relative } from 'path';
import { App, CfnParameter, FileSystem, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ContainerImage, CpuArchitecture } from 'aws-cdk-lib/aws-ecs';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import type { ILogicalDatabase } from '../../../src/binding';
import { MigrationSource, type MigrationSourceConfig } from '../../../src/migrations/migration-source';
import { POSTGRES_DIALECT } from '../../../src/postgres/engine/migrations/postgres-dialect';
import { GOOSE_VERSION } from '../../support/goose';

const GOOSE_FILES = { '00001_init.sql': '-- +goose Up\nCREATE TABLE t (a int);\n-- +goose Down\nDROP TABLE t;\n', '00002_more.sql': '-- +goose Up\nSELECT 1;\n' };
const DBMATE_FILES = { '001_init.sql': '-- migrate:up\nCREATE TABLE t (a int);\n-- migrate:down\n' };

const root = mkdtempSync(join(tmpdir(), 'cdk-private-backend-sources-'));
afterAll(() => rmSync(root, { recursive: true }));

function directory(files: Record<string, string>): string {
  const path = mkdtempSync(join(root, 'd-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

/** Nothing but the dialect: sources make nothing of a database. */
const DATABASE = { _migrations: POSTGRES_DIALECT } as unknown as ILogicalDatabase;

interface Bound extends MigrationSourceConfig {
  readonly stack: Stack;
  /** The staged build context. */
  readonly context: () => string;
  readonly asset: () => { readonly hash: string; readonly source: Record<string, unknown> };
}

function bind(source: MigrationSource, architecture = CpuArchitecture.ARM64, context: Record<string, unknown> = {}): Bound {
  const app = new App({ outdir: mkdtempSync(join(root, 'out-')), context });
  const stack = new Stack(app, 'Stack');
  const config = source.bind(stack, { architecture, database: DATABASE });
  const asset = () => {
    const assembly = app.synth();
    const manifest = JSON.parse(readFileSync(join(assembly.directory, 'Stack.assets.json'), 'utf8'));
    const [[hash, image]] = Object.entries<{ source: Record<string, unknown> }>(manifest.dockerImages);
    return { hash, source: image.source, directory: join(assembly.directory, String(image.source.directory)) };
  };
  return { ...config, stack, asset, context: () => asset().directory };
}

const goose = (files: Record<string, string> = GOOSE_FILES, version?: string) => MigrationSource.goose(directory(files), { version });

describe('an engine', () => {
  test.each([
    ['goose', MigrationSource.goose(directory(GOOSE_FILES)), ['goose_db_version']],
    ['dbmate', MigrationSource.dbmate(directory(DBMATE_FILES)), ['schema_migrations']],
  ])('%s tells its task what the runner needs, and which table belongs to it', (engine, source, protectedTables) => {
    expect(bind(source)).toMatchObject({
      environment: { MIGRATION_ENGINE: engine, MIGRATION_DIRECTORY: '/opt/runner/migrations', MIGRATION_CA_FILE: '/opt/runner/rds-roots.pem' },
      protectedTables,
      usesRunner: true,
      revision: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('puts the Dockerfile, the runner, the certificate authorities and the migrations into the image, and nothing else', () => {
    const { context } = bind(goose({ ...GOOSE_FILES, 'README.md': 'x', '.hidden.sql': 'x', 'migrations.sum': '' }));
    const files = readdirSync(context(), { recursive: true }).map(String).sort();
    expect(files).toEqual(['Dockerfile', 'index.js', 'migrations', 'migrations/00001_init.sql', 'migrations/00002_more.sql', 'rds-roots.pem']);
    expect(readFileSync(join(context(), 'migrations', '00001_init.sql'), 'utf8')).toBe(GOOSE_FILES['00001_init.sql']);
    expect(readFileSync(join(context(), 'rds-roots.pem'), 'utf8').match(/-----BEGIN CERTIFICATE-----/g)?.length).toBeGreaterThan(60);
  });

  test.each([[CpuArchitecture.ARM64, 'linux/arm64'], [CpuArchitecture.X86_64, 'linux/amd64'], [CpuArchitecture.of('ARM64'), 'linux/arm64']])('is built for the architecture of the task', (architecture, platform) => {
    expect(bind(goose(), architecture).asset().source).toMatchObject({ platform, dockerBuildArgs: { GOOSE_VERSION } });
  });

  test('fails for an architecture that the images do not exist for', () => {
    expect(() => bind(goose(), CpuArchitecture.of('RISCV'))).toThrow(/`architecture` must be ARM64 or X86_64 for goose and dbmate migrations, got 'RISCV'/);
  });

  test('takes another exact version', () => {
    expect(bind(MigrationSource.dbmate(directory(DBMATE_FILES), { version: '2.35.0' })).asset().source).toMatchObject({ dockerBuildArgs: { DBMATE_VERSION: '2.35.0' } });
  });

  test.each(['latest', 'v3.27.3', '3.27', '', '3.27.3; rm -rf /', '3.27.3\n', '2.7.0', '33.1.0'])('fails on the version %j, which is not exact or not of goose 3', (version) => {
    expect(() => bind(goose(GOOSE_FILES, version))).toThrow(/`version` must be an exact version of goose 3, such as '3.27.3'/);
  });

  test.each(['1.16.2', '3.0.0'])('fails on the version %j of dbmate, whose source is another Go module', (version) => {
    expect(() => bind(MigrationSource.dbmate(directory(DBMATE_FILES), { version }))).toThrow(/`version` must be an exact version of dbmate 2, such as '2.36.0'/);
  });

  test('works for two tasks of one stack', () => {
    const stack = new Stack(new App({ outdir: mkdtempSync(join(root, 'out-')) }), 'Stack');
    const source = goose();
    const [first, second] = ['A', 'B'].map((id) => source.bind(new Stack(stack, id), { architecture: CpuArchitecture.ARM64, database: DATABASE }));
    expect(first.revision).toBe(second.revision);
  });
});

describe('pitfall 9: the revision', () => {
  const revision = (source: MigrationSource, architecture?: CpuArchitecture) => bind(source, architecture).revision;

  test('is the same for the same content, wherever it is, whatever the clock, the mode of the files and the order of the folder say', () => {
    const here = directory(GOOSE_FILES);
    const there = directory(Object.fromEntries(Object.entries(GOOSE_FILES).reverse()));
    chmodSync(join(there, '00001_init.sql'), 0o600);
    expect(revision(MigrationSource.goose(here))).toBe(revision(MigrationSource.goose(there)));
    expect(bind(MigrationSource.goose(here)).asset().hash).toBe(bind(MigrationSource.goose(there)).asset().hash);
  });

  test('does not depend on feature flags', () => {
    const path = directory(GOOSE_FILES);
    const off = bind(MigrationSource.goose(path));
    const on = bind(MigrationSource.goose(path), CpuArchitecture.ARM64, recommendedFlags);
    expect([off.revision, off.asset().hash]).toEqual([on.revision, on.asset().hash]);
  });

  test('does not change with files that the engine does not read', () => {
    expect(revision(goose({ ...GOOSE_FILES, 'README.md': 'x' }))).toBe(revision(goose()));
  });

  test.each<[string, () => string]>([
    ['a changed file', () => revision(goose({ ...GOOSE_FILES, '00002_more.sql': '-- +goose Up\nSELECT 2;\n' }))],
    ['other line endings', () => revision(goose({ ...GOOSE_FILES, '00002_more.sql': '-- +goose Up\r\nSELECT 1;\r\n' }))],
    ['another file', () => revision(goose({ ...GOOSE_FILES, '00003_new.sql': '-- +goose Up\nSELECT 1;\n' }))],
    ['another name', () => revision(goose({ '00001_init.sql': GOOSE_FILES['00001_init.sql'], '00003_more.sql': GOOSE_FILES['00002_more.sql'] }))],
    ['another version of the engine', () => revision(goose(GOOSE_FILES, '3.27.2'))],
    ['another architecture', () => revision(goose(), CpuArchitecture.X86_64)],
  ])('changes with %s', (_what, changed) => {
    expect(changed()).not.toBe(revision(goose()));
  });

  test('tells text from one file from text of another', () => {
    const one = bind(goose({ '1_a.sql': '-- +goose Up\nSELECT 1;\n', '2_b.sql': '-- +goose Up\nSELECT 2;\n' }));
    const other = bind(goose({ '1_a.sql': '-- +goose Up\nSELECT 2;\n', '2_b.sql': '-- +goose Up\nSELECT 1;\n' }));
    expect(one.revision).not.toBe(other.revision);
  });
});

describe('the directory', () => {
  test('may be relative to the working directory of the app', () => {
    const path = directory(GOOSE_FILES);
    expect(bind(MigrationSource.goose(relative(process.cwd(), path))).revision).toBe(bind(MigrationSource.goose(path)).revision);
  });

  test('fails when it is not there, with the path that was looked at', () => {
    expect(() => bind(MigrationSource.goose('no/such/folder'))).toThrow(`The goose migrations directory 'no/such/folder' doesn't exist (looked in '${join(process.cwd(), 'no/such/folder')}')`);
  });

  test('fails when it is a file', () => {
    expect(() => bind(MigrationSource.goose(join(directory(GOOSE_FILES), '00001_init.sql')))).toThrow(/isn't a directory \(looked in/);
  });

  test.each([[{}], [{ 'README.md': 'x' }]])('fails when it holds no migration: %j', (files) => {
    const path = directory(files);
    expect(() => bind(MigrationSource.dbmate(path))).toThrow(`The dbmate migrations directory '${path}' contains no '.sql' file`);
  });

  test('fails on migrations in a folder below only, which no engine reads', () => {
    const path = directory({});
    mkdirSync(join(path, 'v1'));
    cpSync(directory(GOOSE_FILES), join(path, 'v1'), { recursive: true });
    expect(() => bind(MigrationSource.goose(path))).toThrow(/contains no '.sql' file/);
  });

  test('fails on Go migrations, and says what to do', () => {
    expect(() => bind(goose({ ...GOOSE_FILES, '00003_code.go': 'package migrations' }))).toThrow(/00003_code\.go' is a Go migration.*MigrationSource\.command/);
  });

  test('may hold what goose passes over: Go files that embed or test it, notes, hidden files and folders', () => {
    const path = directory({ ...GOOSE_FILES, 'embed.go': 'package migrations', '00001_init_test.go': 'package migrations', 'README.md': 'x', '.gitkeep': '' });
    mkdirSync(join(path, 'seeds'));
    writeFileSync(join(path, 'seeds', '00003_seed.sql'), 'INSERT INTO t VALUES (1);');
    expect(bind(MigrationSource.goose(path)).revision).toBe(bind(goose()).revision);
  });

  test('fails on a name that only people take for a migration', () => {
    expect(() => bind(goose({ ...GOOSE_FILES, '00003_more.SQL': '-- +goose Up\nSELECT 1;\n' }))).toThrow(/00003_more\.SQL' doesn't end with '\.sql' in lower case, so goose ignores the file\. Rename/);
  });

  test('follows links, and fails on one to nothing', () => {
    const path = directory({ '00001_init.sql': GOOSE_FILES['00001_init.sql'] });
    symlinkSync(join(directory(GOOSE_FILES), '00002_more.sql'), join(path, '00002_more.sql'));
    expect(bind(MigrationSource.goose(path)).revision).toBe(bind(goose()).revision);
    symlinkSync('nowhere', join(path, '00003_gone.sql'));
    expect(() => bind(MigrationSource.goose(path))).toThrow(/00003_gone\.sql' is a symbolic link to a file that doesn't exist/);
  });

  test.each<[BufferEncoding]>([['latin1'], ['utf16le']])('fails on a file in %s, which would be changed on the way', (encoding) => {
    const path = directory(GOOSE_FILES);
    writeFileSync(join(path, '00003_more.sql'), "-- +goose Up\nINSERT INTO t VALUES ('Straße');\n", encoding);
    expect(() => bind(MigrationSource.goose(path))).toThrow(/00003_more\.sql:\d encoding: The file is not UTF-8/);
  });

  test('stays where the app asked for assets to be used in place', () => {
    const { asset } = bind(goose(), CpuArchitecture.ARM64, { 'aws:cdk:disable-asset-staging': true });
    const staged = String(asset().source.directory);
    expect(existsSync(join(staged, 'Dockerfile'))).toBe(true);
    rmSync(staged, { recursive: true });
  });

  test('leaves nothing in the temporary directory', () => {
    const made = jest.spyOn(FileSystem, 'mkdtemp');
    bind(goose());
    expect(made.mock.results.map((result) => existsSync(result.value))).toEqual([false]);
  });
});

describe('the lint', () => {
  test('fails with each file, line, rule and what to do', () => {
    const source = goose({ '00001_a.sql': '-- +goose Up\nSELECT 1;\nVACUUM;\n', '1_b.sql': '-- +goose Up\nSELECT 1;\n' });
    expect(() => bind(source)).toThrow(/would fail:\n {2}1_b\.sql:1 duplicate-version: .*\n {2}00001_a\.sql:3 not-in-transaction: .*NO TRANSACTION.*\nCorrect the files, or accept a finding/);
  });

  test('warns of what destroys data, where the task is', () => {
    const { stack } = bind(goose({ '00001_a.sql': '-- +goose Up\nDROP TABLE t;\n' }));
    Annotations.fromStack(stack).hasWarning('/Stack', Match.stringLikeRegexp('00001_a\\.sql:2 drops-table: `DROP TABLE` deletes data\\. The data is lost'));
  });

  test('warns of nothing in files that are released', () => {
    const file = '-- +goose Up\nDROP TABLE t;\n';
    const { stack } = bind(goose({ '00001_a.sql': file, 'migrations.sum': `${createHash('sha256').update(file).digest('hex')}  00001_a.sql\n` }));
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});

describe('a command', () => {
  const image = ContainerImage.fromRegistry('flyway/flyway:11.1.0');
  const props = { image, command: ['migrate'], revision: 'v1', environment: { A: '1', B: '2' }, protectedTables: ['flyway_schema_history'] };

  test('runs as it is, in the image that is given', () => {
    const stack = new Stack();
    expect(MigrationSource.command(props).bind(stack, { architecture: CpuArchitecture.ARM64, database: DATABASE })).toEqual({
      image,
      command: ['migrate'],
      environment: { A: '1', B: '2' },
      protectedTables: ['flyway_schema_history'],
      usesRunner: false,
      revision: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(stack.node.children).toEqual([]);
  });

  const revision = (changes: object) => MigrationSource.command({ ...props, ...changes }).bind(new Stack(), { architecture: CpuArchitecture.ARM64, database: DATABASE }).revision;

  test('pitfall 9: runs again when its revision or command changes, and not when the order of its variables does', () => {
    expect(new Set([{}, { revision: 'v2' }, { command: ['migrate', '-v'] }, { command: ['migrate-v'] }, { environment: { A: '1' } }].map(revision)).size).toBe(5);
    expect(revision({ environment: { B: '2', A: '1' } })).toBe(revision({}));
  });

  test('takes a revision that only CloudFormation knows', () => {
    const stack = new Stack();
    const parameter = new CfnParameter(stack, 'Digest');
    const config = MigrationSource.command({ ...props, revision: parameter.valueAsString }).bind(stack, { architecture: CpuArchitecture.ARM64, database: DATABASE });
    expect(stack.resolve(config.revision)).toEqual({ 'Fn::Join': ['', [expect.stringMatching(/^[0-9a-f]{64}-$/), { Ref: 'Digest' }]] });
  });

  test('fails without a command', () => {
    expect(() => MigrationSource.command({ ...props, command: [] })).toThrow(/`command` is empty/);
  });

  test('fails without a revision', () => {
    expect(() => MigrationSource.command({ ...props, revision: ' ' })).toThrow(/`revision` is empty/);
  });
});
