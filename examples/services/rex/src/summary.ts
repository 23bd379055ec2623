import { createHash } from 'node:crypto';

/** What a job finds out about its text. */
export interface Summary {
  readonly words: number;
  readonly longest: string;
  readonly sha256: string;
}

/** The work cannot succeed, however often it is tried. The message is for the caller. */
export class RefusedError extends Error {}

/** Counts the words of a text and finds the longest, the first of several. */
export function summarise(text: string): Summary {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) {
    throw new RefusedError('The text has no words.');
  }
  const longest = words.reduce((best, word) => word.length > best.length ? word : best);
  return { words: words.length, longest, sha256: createHash('sha256').update(text).digest('hex') };
}
