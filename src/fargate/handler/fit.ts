/** Forms in which programs print the code of an error of the server; without one, the words with which the server begins. */
const CODE = /\bSQL ?STATE\b[^0-9A-Z]{0,4}[0-9A-Z]{5}\b|\((?=[A-Z]*\d)[0-9A-Z]{5}\)$|\bcode\W{1,4}(?=[A-Z]*\d)[0-9A-Z]{5}\b/i;
const SEVERITY = /(?:^|[\s[])(?:ERROR|FATAL|PANIC)\b:? /;

/** A line with less room than this says nothing. */
const LEAST_BYTES = 60;

/** The line with the error, and where in it the error ends. */
interface Cause {
  readonly at: number;
  readonly end: number;
}

/**
 * A text and the last of some lines, cut by bytes as they are in JSON, where a newline or a quote takes two. Lines that are too long lose
 * their middle. Where the last lines do not reach back to the error of the server, its line comes first.
 */
export function fit(text: string, lines: readonly string[], budget: number): string {
  const head = cutEnd(text, budget);
  const room = budget - jsonBytes(`${head}\n`);
  const cause = findCause(lines);
  const kept = lastLines(lines, room, cause);
  if (cause === undefined || kept.from <= cause.at) return join(head, kept.lines);
  const error = excerpt(lines[cause.at], cause.end, Math.floor(room / 2));
  return join(head, [error, ...lastLines(lines.slice(cause.at + 1), room - jsonBytes(`${error}\n`)).lines]);
}

function join(head: string, lines: readonly string[]): string {
  return [head, ...lines].filter((line) => line !== '').join('\n');
}

/** As many lines as fit, from the last one back; the first of them may be cut. */
function lastLines(lines: readonly string[], room: number, cause?: Cause): { readonly from: number; readonly lines: string[] } {
  const kept: string[] = [];
  let [from, left] = [lines.length, room];
  while (from > 0 && jsonBytes(lines[from - 1]) <= left) {
    from -= 1;
    kept.unshift(lines[from]);
    left -= jsonBytes(`${lines[from]}\n`);
  }
  if (from === 0 || left < LEAST_BYTES) return { from, lines: kept };
  const line = lines[from - 1];
  const piece = cause?.at === from - 1 ? excerpt(line, cause.end, left) : cutMiddle(line, left);
  return { from: from - 1, lines: [piece, ...kept] };
}

function findCause(lines: readonly string[]): Cause | undefined {
  for (const pattern of [CODE, SEVERITY]) {
    for (let at = lines.length - 1; at >= 0; at--) {
      const found = pattern.exec(lines[at]);
      if (found !== null) return { at, end: found.index + found[0].length };
    }
  }
  return undefined;
}

/** A line without what is furthest from the error, which ends at `end`. */
function excerpt(line: string, end: number, bytes: number): string {
  if (jsonBytes(line) <= bytes) return line;
  const after = end === line.length ? '' : cutEnd(line.slice(end), Math.floor(bytes / 3));
  return `${cutMiddle(line.slice(0, end), bytes - jsonBytes(after))}${after}`;
}

/** The start and the end, the end being the longer part: programs print the reason last. */
function cutMiddle(text: string, bytes: number): string {
  if (jsonBytes(text) <= bytes) return text;
  const start = cutEnd(text, Math.floor(bytes / 4));
  return `${start}${cutStart(text, bytes - jsonBytes(start))}`;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** The longest start that fits, in whole characters. */
function cutEnd(text: string, bytes: number): string {
  return cut(text, bytes, [...text.slice(0, bytes)], (characters, count) => `${characters.slice(0, count).join('')}…`);
}

/** The longest end that fits, in whole characters. */
function cutStart(text: string, bytes: number): string {
  return cut(text, bytes, [...text.slice(-bytes)], (characters, count) => `…${characters.slice(characters.length - count).join('')}`);
}

/** @param characters as many as can fit at all: each has a byte at least */
function cut(text: string, bytes: number, characters: string[], take: (characters: string[], count: number) => string): string {
  if (jsonBytes(text) <= bytes) {
    return text;
  }
  if (bytes <= 0) {
    return '';
  }
  let [fits, tooMany] = [0, characters.length + 1];
  while (tooMany - fits > 1) {
    const count = Math.floor((fits + tooMany) / 2);
    [fits, tooMany] = jsonBytes(take(characters, count)) <= bytes ? [count, tooMany] : [fits, count];
  }
  return fits === 0 ? '' : take(characters, fits);
}
