// Asks the registries which digests the tags of the pinned images have now: node .ci/compare-images.mjs [--write] [list]
// Exits with 1 where a digest differs, is missing or is no longer served, or an image is not for both architectures.
// --write puts the digests of now into the list and into the files that it names. Needs nothing but Node.js.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const INDEXES = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const TIMEOUT_MS = 30_000;

const write = process.argv.includes('--write');
const listFile = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 'projenrc/images.json';

/** As Docker reads names: without a registry, they are Docker Hub's. */
function addressOf(name) {
  const [first, ...rest] = name.split('/');
  if (rest.length > 0 && /[.:]|^localhost$/.test(first)) {
    return { registry: `${/^(localhost|127\.0\.0\.1)(:|$)/.test(first) ? 'http' : 'https'}://${first}`, repository: rest.join('/') };
  }
  return { registry: 'https://registry-1.docker.io', repository: rest.length === 0 ? `library/${name}` : name };
}

async function get(url, headers) {
  return fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/** A token that anybody gets, from the place that the registry names. */
async function anonymousToken(challenge, registry) {
  const { realm, ...query } = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const url = new URL(realm);
  if (url.protocol !== new URL(registry).protocol) throw new Error(`its registry asks for a token from ${realm}`);
  Object.entries(query).forEach(([key, value]) => url.searchParams.set(key, value));
  const response = await get(url);
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  const { token, access_token: accessToken } = await response.json();
  return token ?? accessToken;
}

/** The index of an image, and the digest of what the registry sent; its own word for it does not count. */
async function indexOf({ name }, reference) {
  const { registry, repository } = addressOf(name);
  const url = `${registry}/v2/${repository}/manifests/${reference}`;
  const accept = INDEXES.join(', ');
  let response = await get(url, { accept });
  if (response.status === 401) {
    response = await get(url, { accept, authorization: `Bearer ${await anonymousToken(response.headers.get('www-authenticate') ?? '', registry)}` });
  }
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`its registry answers ${response.status}`);
  const body = Buffer.from(await response.arrayBuffer());
  const { manifests = [] } = JSON.parse(body.toString());
  return { digest: `sha256:${createHash('sha256').update(body).digest('hex')}`, platforms: manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`) };
}

/** What differs, as sentences. */
async function differences(image) {
  const now = await indexOf(image, image.tag);
  if (now === undefined) return ['the registry does not have this tag'];
  const pinned = image.digest === undefined || image.digest === now.digest ? now : await indexOf(image, image.digest);
  const missing = PLATFORMS.filter((platform) => !(pinned ?? now).platforms.includes(platform));
  image.now = now.digest;
  return [
    ...(image.digest === undefined ? [`has no digest in the list; it is ${now.digest}`] : []),
    ...(image.digest !== undefined && image.digest !== now.digest ? [`is pinned to ${image.digest}, and the tag has ${now.digest} now`] : []),
    ...(pinned === undefined ? [`the registry does not serve ${image.digest} any more`] : []),
    ...(pinned !== undefined && pinned !== now && pinned.digest !== image.digest ? [`the registry serves ${pinned.digest} as ${image.digest}`] : []),
    ...missing.map((platform) => `is not for ${platform}`),
  ];
}

function replaceIn(file, { name, tag, now }) {
  const before = readFileSync(file, 'utf8');
  const escaped = `${name}:${tag}`.replace(/[.\\+*?[^\]$(){}=!<>|]/g, '\\$&');
  // Neither the end of a longer name, nor the start of a longer tag.
  const after = before.replace(new RegExp(`(?<![\\w./-])${escaped}(@sha256:[0-9a-f]{64})?(?![\\w.-])`, 'g'), `${name}:${tag}@${now}`);
  if (after === before && !before.includes(`${name}:${tag}@${now}`)) throw new Error(`${file} does not hold ${name}:${tag}`);
  writeFileSync(file, after);
}

/** Prints what differs, and answers whether anything does. */
async function compare(images) {
  let differs = false;
  for (const image of images) {
    const found = await differences(image).catch((error) => [`could not be asked: ${error.cause?.message ?? error.message}`]);
    differs ||= found.length > 0;
    console.log(`${found.length === 0 ? 'same' : 'DIFFERENT'} ${image.name}:${image.tag}`);
    found.forEach((text) => console.log(`  ${text}`));
  }
  return differs;
}

function writeDigests(list) {
  const changed = list.images.filter(({ now, digest }) => now !== undefined && now !== digest);
  for (const image of changed) {
    image.files.forEach((file) => replaceIn(file, image));
    image.digest = image.now;
    image.evidence = 'asked of its registry';
  }
  writeFileSync(listFile, `${JSON.stringify(list, (key, value) => key === 'now' ? undefined : value, 2)}\n`);
  console.log(`${changed.length} digests written`);
}

const list = JSON.parse(readFileSync(listFile, 'utf8'));
let differs = await compare(list.images);
if (differs && write) {
  writeDigests(list);
  differs = await compare(list.images);
} else if (differs) {
  console.log('Review what changed in these images, then run: node .ci/compare-images.mjs --write');
}
process.exit(differs ? 1 : 0);
