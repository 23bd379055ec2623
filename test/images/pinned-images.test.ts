import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imagesOf } from './dockerfile-rules';
import { imagesInSource, type ImageList, type ImageUse, listProblems } from './pinned-images';

const ROOT = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const LIST = JSON.parse(read('projenrc/images.json')) as ImageList;

/** In Dockerfiles, and in the code of the library, the examples and the benchmarks. */
function uses(): ImageUse[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e8 }).split('\0').filter((file) => existsSync(join(ROOT, file)));
  const dockerfiles = files.filter((file) => /(^|[./])Dockerfile$/.test(file)).flatMap((file) => imagesOf(read(file)).map((image) => ({ file, image })));
  const sources = files.filter((file) => /^(src|examples|bench)\/.*\.ts$/.test(file)).flatMap((file) => imagesInSource(read(file)).map((image) => ({ file, image })));
  return [...dockerfiles, ...sources];
}

test('the list has every image of the repository, with the digest and the files that use it', () => {
  expect(uses().length).toBeGreaterThan(10);
  expect(listProblems(LIST, uses())).toEqual([]);
});

test('an image without a digest is one of an example, whose page says so', () => {
  const pageOf = (file: string) => read(file.replace(/[^/]*$/, 'README.md'));
  const unsaid = LIST.images.filter(({ digest }) => digest === undefined).filter(({ name, tag, files }) => {
    const examples = files.filter((file) => file.startsWith('examples/'));
    return examples.length === 0 || !examples.every((file) => pageOf(file).includes(`\`${name}:${tag}\``) && pageOf(file).includes('digest'));
  });
  expect(unsaid.map(({ name }) => name)).toEqual([]);
});

describe('the comparison', () => {
  const image = { name: 'node', tag: '24', digest: `sha256:${'a'.repeat(64)}`, files: ['Dockerfile'], evidence: 'seen' };
  const use = { file: 'Dockerfile', image: `node:24@${image.digest}` };

  test('passes where both agree', () => {
    expect(listProblems({ images: [image, { ...image, name: 'tokens', digest: undefined, files: ['a.ts'] }], byTag: [{ image: 'nginx:1', files: ['b.ts'], reason: 'a sample' }] },
      [use, { file: 'a.ts', image: 'tokens:24' }, { file: 'b.ts', image: 'nginx:1' }])).toEqual([]);
  });

  test.each<[string, ImageList, ImageUse[], RegExp]>([
    ['an image that is not listed', { images: [], byTag: [] }, [use], /^Dockerfile uses node:24@sha256:a+, which the list does not have/],
    ['an image that is listed for another file', { images: [image], byTag: [] }, [use, { ...use, file: 'other/Dockerfile' }], /^other\/Dockerfile uses/],
    ['another digest', { images: [image], byTag: [] }, [{ ...use, image: `node:24@sha256:${'b'.repeat(64)}` }, use], /uses node:24@sha256:b+/],
    ['a digest that is left out', { images: [image], byTag: [] }, [{ ...use, image: 'node:24' }, use], /uses node:24, which/],
    ['a file that does not use it any more', { images: [image], byTag: [] }, [], /which does not use it$/],
    ['half a digest', { images: [{ ...image, digest: 'sha256:a' }], byTag: [] }, [{ ...use, image: 'node:24@sha256:a' }], /no whole digest/],
    ['no evidence', { images: [{ ...image, evidence: ' ' }], byTag: [] }, [use], /how its digest became known/],
    ['an exception without a reason', { images: [], byTag: [{ image: 'nginx:1', files: ['b.ts'], reason: '' }] }, [{ file: 'b.ts', image: 'nginx:1' }], /without a reason/],
  ])('fails on %s', (_what, list, used, problem) => {
    expect(listProblems(list, used)).toEqual([expect.stringMatching(problem)]);
  });

  test('fails on an image that is listed twice', () => {
    expect(listProblems({ images: [image, image], byTag: [] }, [use])).toEqual([expect.stringMatching(/twice/), expect.stringMatching(/twice/)]);
  });

  test('reads code, and no samples in comments', () => {
    expect(imagesInSource("/**\n * ContainerImage.fromRegistry('example/a')\n */\n// ecs.ContainerImage.fromRegistry('b')\nx({ image: ecs.ContainerImage.fromRegistry(\n  'c:1'), y: ContainerImage.fromRegistry(`d:2`) });")).toEqual(['c:1', 'd:2']);
  });
});
