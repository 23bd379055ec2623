/** The same map in the order of its names: maps of other languages come in any order, and ECS keeps the one it is given. */
export function sortedByName<T>(map: { [name: string]: T }): { [name: string]: T } {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
