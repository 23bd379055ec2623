import { existsSync, readdirSync } from 'fs';
import * as path from 'path';
import { STAND_INS, type BuildContext, type Image, type ImageBuilder } from './image';
import { imageNotFound, imageUnusable } from './texts';

/** Programs in place of images that cannot be had here: name of the image without its tag, and folder with a Dockerfile. */
const STAND_IN_IMAGES: Readonly<Record<string, string>> = {
  'supertokens/supertokens-postgresql': path.join(STAND_INS, 'supertokens'),
};

/** The images that tasks can pull: what the CDK CLI staged, what somebody pushed, and stand-ins. */
export class Registry {
  private readonly pushed: { readonly image: string | RegExp; readonly context: BuildContext }[] = [];

  /** @param assemblies folder with cloud assemblies, whose staged build contexts count as published */
  constructor(private readonly builder: ImageBuilder, private readonly assemblies: string, private readonly note: (text: string) => void) {}

  /** What `docker push` does. A pattern is for images of repositories whose names are not known yet. */
  public push(image: string | RegExp, context: BuildContext): void {
    this.pushed.unshift({ image, context });
  }

  public async pull(image: string): Promise<Image> {
    const context = this.pushedAs(image) ?? this.staged(image) ?? this.standIn(image);
    if (context === undefined) throw imageNotFound(image);
    return this.builder.build(context).catch((error: Error) => {
      throw imageUnusable(image, error.message);
    });
  }

  private pushedAs(name: string): BuildContext | undefined {
    return this.pushed.find(({ image }) => typeof image === 'string' ? image === name : image.test(name))?.context;
  }

  /** The tag of a staged image is the hash that ends the name of its folder. */
  private staged(image: string): BuildContext | undefined {
    const tag = /:([0-9a-f]{64})$/.exec(image)?.[1];
    if (tag === undefined || !existsSync(this.assemblies)) return undefined;
    const directory = readdirSync(this.assemblies).map((assembly) => path.join(this.assemblies, assembly, `asset.${tag}`)).find((folder) => existsSync(folder));
    return directory === undefined ? undefined : { directory };
  }

  private standIn(image: string): BuildContext | undefined {
    const directory = STAND_IN_IMAGES[image.replace(/:[^/]*$/, '')];
    if (directory === undefined) return undefined;
    this.note(`stand-in: a program in ${path.basename(directory)}/ runs in place of the image ${image}`);
    return { directory };
  }
}
