import type { SourceImport } from './source-rules';

/** The room that a source stands in: its folder directly below `src/`. The index is in none. */
export function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Rooms by level, the upper ones first, as the block in docs/architecture.md has them: a level a line, names before two spaces. */
export function levelsOf(page: string): string[][] {
  const block = /```\nsrc\/\n([\s\S]+?)```/.exec(page)?.[1] ?? '';
  return [...block.matchAll(/^ {2}((?:[a-z]+\/ ?)+)(?: |$)/gm)].map(([, names]) => names.trim().split(/\/ ?/).filter((name) => name !== ''));
}

/** Imports that do not lead to a lower level. */
export function climbing(imports: SourceImport[], levels: string[][]): string[] {
  const levelOf = (path: string) => levels.findIndex((rooms) => rooms.includes(roomOf(path) ?? ''));
  return betweenRooms(imports).filter(({ from, to }) => levelOf(to) <= levelOf(from)).map(shown);
}

/** Rooms that import each other, directly or through further rooms: each cycle once, from its first name on. */
export function cycles(imports: SourceImport[]): string[] {
  const next = new Map<string, Set<string>>();
  betweenRooms(imports).forEach(({ from, to }) => next.set(roomOf(from)!, (next.get(roomOf(from)!) ?? new Set()).add(roomOf(to)!)));
  const found = new Set<string>();
  const follow = (room: string, path: string[]): void => {
    if (path.includes(room)) {
      const cycle = path.slice(path.indexOf(room));
      const first = cycle.indexOf([...cycle].sort()[0]);
      found.add([...cycle.slice(first), ...cycle.slice(0, first)].join(' → '));
    } else {
      next.get(room)?.forEach((other) => follow(other, [...path, room]));
    }
  };
  [...next.keys()].forEach((room) => follow(room, []));
  return [...found];
}

/**
 * Imports of another room's insides: a room shows its index and its `shared/`, and one without an index all but its `private/`.
 * What runs in a handler is for handlers alone, also within a room.
 */
export function intruding(imports: SourceImport[], hasIndex: (room: string) => boolean): string[] {
  const isInside = ({ to }: SourceImport) => {
    const [, room, ...rest] = to.split('/');
    const isOpen = !hasIndex(room) || rest.join('/') === 'index.ts' || rest[0] === 'shared';
    return !isOpen || rest.includes('private');
  };
  const isHandlerCode = (path: string) => path.includes('/handler/') || path.endsWith('.lambda.ts');
  return [
    ...betweenRooms(imports).filter((found) => isInside(found) && !(isHandlerCode(found.from) && isHandlerCode(found.to))),
    ...imports.filter(({ from, to }) => isHandlerCode(to) && !isHandlerCode(from)),
  ].map(shown);
}

/** Imports that tie a leaf to the other rooms: any by another room, and those by the leaf of more than it may know. */
export function tying(imports: SourceImport[], leaf: string, known: readonly string[]): string[] {
  return betweenRooms(imports).filter(({ from, to }) => roomOf(to) === leaf || (roomOf(from) === leaf && !known.includes(to))).map(shown);
}

function betweenRooms(imports: SourceImport[]): SourceImport[] {
  return imports.filter(({ from, to }) => roomOf(from) !== undefined && roomOf(to) !== undefined && roomOf(from) !== roomOf(to));
}

function shown({ from, to }: SourceImport): string {
  return `${from} imports ${to}`;
}
