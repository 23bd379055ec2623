import type { IConstruct } from 'constructs';
import { InvalidBackendError } from './errors';

/**
 * Refuses props that do not exist here, and that users of CDK try first. A compiler finds them in a literal, but not in a spread object, and
 * JavaScript not at all: the value would be lost without a word.
 *
 * @param misnomers what to write instead, by the prop that does not exist
 */
export function refuseMisnomers(scope: IConstruct, props: object, misnomers: Readonly<Record<string, string>>): void {
  const wrong = Object.keys(misnomers).find((name) => Object.hasOwn(props, name));
  if (wrong !== undefined) {
    throw new InvalidBackendError(scope, 'Props.misnomer', `\`${wrong}\` is not a prop of this construct, so its value would be lost. ${misnomers[wrong]}`);
  }
}
