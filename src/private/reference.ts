import { Reference, Tokenization } from 'aws-cdk-lib';

/** What a value refers to, where it is one reference and nothing else. */
export function referenceOf(value: unknown): Reference | undefined {
  const token = Tokenization.reverse(value, { failConcat: false });
  return Reference.isReference(token) ? token : undefined;
}
