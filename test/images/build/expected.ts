import type { ImageName } from './app';
import type { ImageConfig } from './buildah';
import { CA_DIRECTORY, CA_FILE } from '../../../src/binding/shared/trust.contract';
import { TRUST_COMMAND } from '../../../src/fargate/private/trust-command';

interface Expected {
  /** Name of the base; `static` is empty. */
  readonly base: 'busybox' | 'node' | 'static';
  readonly config: Omit<ImageConfig['config'], 'Env'>;
  /** Besides PATH. */
  readonly env: string[];
  /** Added programs, which have the architecture of the image. */
  readonly programs: string[];
  /** What stands above the base, as `kind mode owner path`. */
  readonly files: string[];
  /** Further files that are too many to name. */
  readonly others?: RegExp;
}

const migrations = (engine: string, file: string): Expected => ({
  base: 'node',
  config: { User: '65532:65532', Entrypoint: ['node', '/opt/runner/index.js'], Cmd: undefined, Volumes: undefined, WorkingDir: '/opt/runner', ExposedPorts: undefined, StopSignal: undefined },
  env: ['NODE_ENV=production', 'HOME=/tmp'],
  programs: [`/usr/local/bin/${engine}`],
  files: [
    'd 0755 0:0 /opt', 'd 0755 0:0 /opt/runner', 'f 0444 0:0 /opt/runner/index.js', `f 0555 0:0 /opt/runner/migrations/${file}`,
    'f 0444 0:0 /opt/runner/rds-roots.pem', `f 0555 0:0 /usr/local/bin/${engine}`,
  ],
  // Builders differ in the permissions of a directory that COPY --chmod creates.
  others: /^d 0[57]55 0:0 \/opt\/runner\/migrations$/,
});

const nodeService = (program: string, port?: string): Expected => ({
  base: 'node',
  config: { User: '1000:1000', Entrypoint: undefined, Cmd: ['node', `dist/${program}.js`], Volumes: undefined, WorkingDir: '/app', ExposedPorts: port === undefined ? undefined : { [port]: {} }, StopSignal: 'SIGTERM' },
  env: ['NODE_ENV=production'],
  // Dependencies are plain JavaScript, so that they may be installed on another architecture.
  programs: [],
  files: ['d 0755 0:0 /app', 'f 0644 0:0 /app/package.json', 'd 0755 0:0 /app/node_modules', 'd 0755 0:0 /app/dist', `f 0644 0:0 /app/dist/${program}.js`],
  others: /^([df] 0(755|644)|l 0777) 0:0 \/app\/(node_modules|dist)\//,
});

export const EXPECTED: Record<ImageName, Expected> = {
  'trust': {
    base: 'busybox',
    config: { User: '65532:65532', Entrypoint: undefined, Cmd: undefined, Volumes: { [CA_DIRECTORY]: {} }, WorkingDir: undefined, ExposedPorts: undefined, StopSignal: undefined },
    env: [],
    programs: [],
    files: ['d 0755 0:0 /run', 'd 0755 0:0 /run/cdk-private-backend', `d 0755 65532:65532 ${CA_DIRECTORY}`],
  },
  'goose': migrations('goose', '0001_init_schema.sql'),
  'dbmate': migrations('dbmate', '20260101000000_create_people.sql'),
  'go-api': {
    base: 'static',
    config: { User: '65532:65532', Entrypoint: ['/api'], Cmd: undefined, Volumes: undefined, WorkingDir: undefined, ExposedPorts: { '8080/tcp': {} }, StopSignal: 'SIGTERM' },
    env: [],
    programs: ['/api'],
    files: ['f 0755 0:0 /api'],
  },
  'hello-birthday': nodeService('main', '8080/tcp'),
  'rex-api': nodeService('api', '8080/tcp'),
  'rex-worker': nodeService('worker'),
};

interface Run {
  readonly image: ImageName;
  readonly what: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly text: (versions: { readonly dbmate: string }) => RegExp;
}

/** Programs that are run in images of this machine's architecture, as the user of the image. */
export const RUNS: readonly Run[] = [
  {
    image: 'trust',
    what: 'writes the certificate authorities, as the owner of the volume',
    environment: { CA_0: 'first', CA_1: 'second' },
    code: 0,
    command: ['sh', '-c', `${TRUST_COMMAND}\nid -u\nstat -c '%a %u:%g %n' ${CA_DIRECTORY} ${CA_FILE}\ncat ${CA_FILE}`],
    text: () => new RegExp(`of 2 binding\\(s\\).*\\n65532\\n755 65532:65532 ${CA_DIRECTORY}\\n644 65532:65532 ${CA_FILE}\\nfirst\\nsecond`),
  },
  { image: 'trust', what: 'fails without a certificate authority', command: ['sh', '-c', TRUST_COMMAND], code: 1, text: () => /No certificate authority was given/ },
  { image: 'trust', what: 'writes nowhere else', command: ['sh', '-c', 'touch /run/cdk-private-backend/a || touch /run/a || touch /a'], code: 1, text: () => /(Permission denied[^]*){3}/ },
  { image: 'goose', what: 'has the version that the library names', command: ['goose', '-version'], code: 0, text: () => /v3\.27\.3/ },
  { image: 'dbmate', what: 'has the version that was asked for', command: ['dbmate', '--version'], code: 0, text: ({ dbmate }) => new RegExp(`version ${dbmate.replaceAll('.', '\\.')}`) },
  ...(['goose', 'dbmate'] as const).map((image): Run => (
    { image, what: 'starts the runner, which misses its environment', command: EXPECTED[image].config.Entrypoint ?? [], code: 64, text: () => /MIGRATION_ENGINE/ }
  )),
  { image: 'go-api', what: 'starts, and misses its environment', command: EXPECTED['go-api'].config.Entrypoint ?? [], code: 1, text: () => /the service ended/ },
  ...(['hello-birthday', 'rex-api', 'rex-worker'] as const).map((image): Run => (
    { image, what: 'starts, and misses its environment', command: EXPECTED[image].config.Cmd ?? [], code: 1, text: () => /could not start/ }
  )),
];
