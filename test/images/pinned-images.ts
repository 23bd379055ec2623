/** The images of the repository, as `projenrc/images.json` lists them. */
export interface ImageList {
  readonly images: readonly PinnedImage[];
  /** Images that are named and never pulled. */
  readonly byTag: readonly { readonly image: string; readonly files: readonly string[]; readonly reason: string }[];
}

export interface PinnedImage {
  readonly name: string;
  readonly tag: string;
  /** @default - nobody knows it; the workflow `images` says what it is */
  readonly digest?: string;
  /** Files that name it. */
  readonly files: readonly string[];
  /** How the digest became known. */
  readonly evidence: string;
}

/** An image that a file names, in full. */
export interface ImageUse {
  readonly file: string;
  readonly image: string;
}

/** Names of images in calls such as `ContainerImage.fromRegistry('…')`. Lines of comments are samples. */
export function imagesInSource(text: string): string[] {
  const code = text.split('\n').filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line)).join('\n');
  return [...code.matchAll(/\bfromRegistry\(\s*['"`]([^'"`]+)['"`]/g)].map(([, image]) => image);
}

/** Where the list and the files of the repository differ, and what the list leaves out. */
export function listProblems(list: ImageList, uses: readonly ImageUse[]): string[] {
  const listed = [
    ...list.images.flatMap((image) => image.files.map((file) => ({ file, image: nameOf(image) }))),
    ...list.byTag.flatMap(({ image, files }) => files.map((file) => ({ file, image }))),
  ];
  return [
    ...without(uses, listed).map(({ file, image }) => `${file} uses ${image}, which the list does not have for it`),
    ...without(listed, uses).map(({ file, image }) => `the list has ${image} for ${file}, which does not use it`),
    ...list.images.filter(({ name, tag }) => list.images.filter((other) => other.name === name && other.tag === tag).length > 1).map((image) => `${nameOf(image)} is listed twice`),
    ...list.images.filter(({ digest }) => digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)).map((image) => `${nameOf(image)} has no whole digest`),
    ...list.images.filter(({ evidence }) => evidence.trim() === '').map((image) => `${nameOf(image)} does not say how its digest became known`),
    ...list.byTag.filter(({ reason }) => reason.trim() === '').map(({ image }) => `${image} is listed without a reason`),
  ];
}

function nameOf({ name, tag, digest }: PinnedImage): string {
  return `${name}:${tag}${digest === undefined ? '' : `@${digest}`}`;
}

function without(uses: readonly ImageUse[], others: readonly ImageUse[]): ImageUse[] {
  return uses.filter(({ file, image }) => !others.some((other) => other.file === file && other.image === image));
}
