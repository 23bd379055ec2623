import { LEFT_TO_RIGHT, MAPPED_TO_NOTHING, NON_ASCII_SPACE, PROHIBITED, RIGHT_TO_LEFT, UNASSIGNED } from './rfc3454-tables';

/**
 * A password as PostgreSQL and libpq hash it: prepared by SASLprep where that is possible, unchanged where it is not.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4013
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/common/saslprep.c
 */
export function preparePassword(password: string): string {
  if ([...password].every((character) => character <= '\x7f')) {
    return password;
  }
  const mapped = codePoints(password)
    .map((codePoint) => (NON_ASCII_SPACE.has(codePoint) ? 0x20 : codePoint))
    .filter((codePoint) => !MAPPED_TO_NOTHING.has(codePoint));
  return isAllowed(mapped) ? mapped.map((codePoint) => String.fromCodePoint(codePoint)).join('').normalize('NFKC') : password;
}

/** The RFC looks at what normalisation gives; PostgreSQL looks at what went in, and its servers decide. */
function isAllowed(mapped: number[]): boolean {
  const isAssigned = mapped.length > 0 && !mapped.some((codePoint) => PROHIBITED.has(codePoint) || UNASSIGNED.has(codePoint));
  return isAssigned && isBidirectionallySound(mapped);
}

function isBidirectionallySound(mapped: number[]): boolean {
  if (!mapped.some((codePoint) => RIGHT_TO_LEFT.has(codePoint))) {
    return true;
  }
  return !mapped.some((codePoint) => LEFT_TO_RIGHT.has(codePoint))
    && RIGHT_TO_LEFT.has(mapped[0])
    && RIGHT_TO_LEFT.has(mapped[mapped.length - 1]);
}

function codePoints(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0) ?? 0);
}
