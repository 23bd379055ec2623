import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '..', '..', '.ci', 'compare-images.mjs');
const INDEX = 'application/vnd.oci.image.index.v1+json';
const TOKEN = 'anybody';

const index = (...platforms: string[]) => JSON.stringify({
  schemaVersion: 2, mediaType: INDEX, manifests: platforms.map((platform) => ({ platform: { os: platform.split('/')[0], architecture: platform.split('/')[1] } })),
});
const digestOf = (body: string) => `sha256:${createHash('sha256').update(body).digest('hex')}`;
const OLD = index('linux/amd64', 'linux/arm64');
const NEW = index('linux/amd64', 'linux/arm64', 'linux/s390x');

/** What the registry has, by `repository:reference`. */
const served = new Map<string, string>();
const folder = mkdtempSync(join(tmpdir(), 'cdk-private-backend-images-'));
let server: Server;
let host: string;

function answer(path: string, authorization: string | undefined, accept: string | undefined, response: ServerResponse): void {
  if (path.startsWith('/token?')) {
    const query = new URL(path, 'http://registry').searchParams;
    response.end(JSON.stringify({ token: query.get('scope') === 'repository:library/node:pull' && query.get('service') === 'test' ? TOKEN : 'wrong' }));
  } else if (authorization !== `Bearer ${TOKEN}`) {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="test",scope="repository:library/node:pull"` }).end();
  } else {
    const [, repository, reference] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(path) ?? [];
    const body = served.get(`${repository}:${reference}`);
    // A registry that is asked for no index answers with the manifest of one platform.
    response.writeHead(body === undefined || !accept?.includes(INDEX) ? 404 : 200, { 'docker-content-digest': 'sha256:lie' }).end(body);
  }
}

beforeAll(async () => {
  server = createServer(({ url = '', headers }, response) => answer(url, headers.authorization, headers.accept, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

beforeEach(() => served.clear());

interface Outcome { readonly code: number; readonly output: string; readonly list: { images: { digest?: string; evidence: string }[] }; readonly dockerfile: string }

async function compare(digest: string | undefined, ...options: string[]): Promise<Outcome> {
  const list = join(folder, 'images.json');
  const dockerfile = join(folder, 'Dockerfile');
  const name = `${host}/library/node`;
  const pin = digest === undefined ? '' : `@${digest}`;
  writeFileSync(dockerfile, `FROM ${name}:24${pin} AS a\nFROM ${name}:24.1${pin}\nFROM other/${name}:24\n`);
  writeFileSync(list, JSON.stringify({ images: [{ name, tag: '24', digest, files: [dockerfile], evidence: 'seen' }], byTag: [] }));
  const { code, output } = await new Promise<{ code: number; output: string }>((done) => {
    execFile(process.execPath, [SCRIPT, ...options, list], (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }));
  });
  return { code, output, list: JSON.parse(readFileSync(list, 'utf8')) as Outcome['list'], dockerfile: readFileSync(dockerfile, 'utf8').replaceAll(name, 'node') };
}

test('passes where the tag has the digest of the list', async () => {
  served.set('library/node:24', OLD);
  expect(await compare(digestOf(OLD))).toMatchObject({ code: 0, output: expect.stringMatching(/^same /) });
});

test.each<[string, () => string | undefined, Record<string, string>, RegExp]>([
  ['a tag that moved', () => digestOf(OLD), { 24: NEW, [digestOf(OLD)]: OLD }, new RegExp(`is pinned to ${digestOf(OLD)}, and the tag has ${digestOf(NEW)} now`)],
  ['a digest that is gone', () => digestOf(OLD), { 24: NEW }, /does not serve sha256:\w+ any more/],
  ['another content under the digest', () => digestOf(OLD), { 24: NEW, [digestOf(OLD)]: NEW }, new RegExp(`serves ${digestOf(NEW)} as ${digestOf(OLD)}`)],
  ['a tag that is gone', () => digestOf(OLD), {}, /does not have this tag/],
  ['an image for one architecture', () => digestOf(index('linux/amd64')), { 24: index('linux/amd64') }, /is not for linux\/arm64/],
  ['an image without a digest', () => undefined, { 24: OLD }, new RegExp(`has no digest in the list; it is ${digestOf(OLD)}`)],
  ['an answer that is no index', () => digestOf(OLD), { 24: 'oops' }, /could not be asked/],
])('fails on %s', async (_what, digest, content, message) => {
  Object.entries(content).forEach(([reference, body]) => served.set(`library/node:${reference}`, body));
  expect(await compare(digest())).toMatchObject({ code: 1, output: expect.stringMatching(message) });
});

test('fails on a registry that cannot be reached, and writes nothing for it', async () => {
  const missing = join(folder, 'unreachable.json');
  writeFileSync(missing, JSON.stringify({ images: [{ name: '127.0.0.1:1/a', tag: '1', digest: digestOf(OLD), files: [], evidence: 'seen' }], byTag: [] }));
  const code = await new Promise((done) => execFile(process.execPath, [SCRIPT, '--write', missing], (error) => done(error?.code ?? 0)));
  expect(code).toBe(1);
  expect(JSON.parse(readFileSync(missing, 'utf8'))).toMatchObject({ images: [{ digest: digestOf(OLD), evidence: 'seen' }] });
});

test.each([digestOf(OLD), undefined])('writes the digest of now into the list and the files, over %s', async (digest) => {
  served.set('library/node:24', NEW);
  const outcome = await compare(digest, '--write');
  const old = digest === undefined ? '' : `@${digest}`;
  expect(outcome).toMatchObject({ code: 0, output: expect.stringMatching(/1 digests written/), list: { images: [{ digest: digestOf(NEW), evidence: 'asked of its registry' }] } });
  expect(outcome.list.images[0]).not.toHaveProperty('now');
  expect(outcome.dockerfile).toBe(`FROM node:24@${digestOf(NEW)} AS a\nFROM node:24.1${old}\nFROM other/node:24\n`);
});
