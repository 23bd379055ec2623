import { resourceOf, type ModelResource, type ModelValue } from './model';
import { CACHE_TYPES } from './store-types/caches';
import { DATABASE_TYPES } from './store-types/databases';
import { OTHER_STORE_TYPES } from './store-types/others';
import { isExcused, valueAt, type Excused, type StoreNetwork, type StoreType } from './store-types/row';

/** One row for each CloudFormation type of a store: reachability, hardening and cost read it, and keep their judgement only. */
export const STORE_TYPES: { readonly [type: string]: StoreType } = { ...DATABASE_TYPES, ...CACHE_TYPES, ...OTHER_STORE_TYPES };

type Column = Exclude<keyof StoreType, 'noun' | 'partOf'>;
type Cell<C extends Column> = Exclude<StoreType[C], Excused>;

/** One column, without the types that it is excused for. */
export function storeColumn<C extends Column>(column: C): { readonly [type: string]: Cell<C> } {
  const cells = Object.entries(STORE_TYPES).map(([type, row]): [string, StoreType[C]] => [type, row[column]]);
  return Object.fromEntries(cells.filter((entry): entry is [string, Cell<C>] => !isExcused(entry[1])));
}

/** Whether a resource is a part of another one, which is judged instead: an instance of a cluster. */
export function isPartOfStore(resource: ModelResource): boolean {
  const path = STORE_TYPES[resource.type]?.partOf;
  return path !== undefined && resource.value(path) !== undefined;
}

/** The subnets that a store says it stands in, by itself or by its subnet group. */
export function subnetsOfStore({ subnets: { path, group } }: StoreNetwork, store: ModelResource): ModelValue | undefined {
  const holder = group === undefined ? store : resourceOf(store.value(group.property));
  return holder === undefined ? undefined : valueAt(holder, path);
}

/** The port that a store listens on; undefined for what is no store. */
export function portOfStore(resource: ModelResource): number | undefined {
  const network = STORE_TYPES[resource.type]?.network;
  return network === undefined || isExcused(network) ? undefined : network.ports(resource)[0];
}
