import { isList, isMap, isSymbolic, listOf, literalText, type ModelResource, type ModelValue } from '../model';

/** Why there is nothing to read of a type in a column. */
export interface Excused {
  readonly excused: string;
}

/** Where a store stands in a network, and listens. Paths are those of properties. */
export interface StoreNetwork {
  readonly subnets: {
    readonly path: string;
    /** The subnet group that has them, and the property of the store that names it. */
    readonly group?: { readonly type: string; readonly property: string };
  };
  readonly groups: string;
  readonly ports: (resource: ModelResource) => readonly number[];
  /** Says whether it has IPv6 addresses: `dual` or `ipv6`. */
  readonly networkType?: string;
  /** The property without which it has no interface in a VPC. */
  readonly inVpcBy?: string;
  /** No attribute of the resource has its address: whoever wants that asks AWS for it, by ARN or id. */
  readonly asked?: boolean;
}

/** What gives a store an address on the internet. */
export interface PublicAccess {
  readonly path: string;
  /** The value that gives none; `set` where any value does. */
  readonly off: string;
  /** What AWS does where the property is absent: it gives none, gives one, or decides by the subnets. */
  readonly absent: 'off' | 'on' | 'open';
}

/** What makes a store refuse connections without TLS. */
export type StoreTls =
  /** A parameter of the engine, in the parameter group that the property names. The engine is that of the property `Engine` unless the row names it. */
  | { readonly by: 'parameter'; readonly path: string; readonly engine?: string }
  /** A property of the store. Where `absent` is open, the templates do not decide. */
  | { readonly by: 'flag'; readonly path: string; readonly absent: 'off' | 'open' }
  /** Settings for clients and between brokers. */
  | { readonly by: 'brokers'; readonly path: string }
  /** A policy that denies requests without. */
  | { readonly by: 'policy'; readonly path: string };

/** How AWS charges a store, by the pricer that knows. */
export type PriceFamily = 'rds-instance' | 'rds-cluster' | 'cache-group' | 'cache-cluster' | 'cache-serverless' | 'kafka' | 'kafka-serverless' | 'files';

/** What the checks know of one CloudFormation type. */
export interface StoreType {
  /** `database`, `cache`, `broker`, `search domain`, `file system`. */
  readonly noun: string;
  /** The property that makes a resource a part of another store. */
  readonly partOf?: string;
  readonly network: StoreNetwork | Excused;
  readonly publicAccess: PublicAccess | Excused;
  /** The property that turns encryption at rest on. */
  readonly atRest: { readonly flag: string } | Excused;
  readonly tls: StoreTls | Excused;
  readonly price: { readonly family: PriceFamily } | Excused;
}

export interface StoreTypes { readonly [type: string]: StoreType }

export const ALWAYS_AT_REST: Excused = { excused: 'AWS always encrypts it at rest' };
export const ALWAYS_TLS: Excused = { excused: 'it has no listener without TLS' };
export const NO_PUBLIC_ADDRESS: Excused = { excused: 'AWS gives it no address on the internet' };
export const NO_PRICE: Excused = { excused: 'the price tables do not have it, and the report says so' };

export function isExcused(cell: object): cell is Excused {
  return 'excused' in cell;
}

/** The value at a path that may lead through lists; what is not known on the way is the value. */
export function valueAt(resource: ModelResource, path: string): ModelValue | undefined {
  return path.split('.').reduce<ModelValue | undefined>(step, resource.properties);
}

function step(value: ModelValue | undefined, key: string): ModelValue | undefined {
  return isList(value) ? value.flatMap((item) => listOf(step(item, key))) : isMap(value) ? value[key] : isSymbolic(value) ? value : undefined;
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateDBInstance.html */
const ENGINE_PORTS: readonly (readonly [RegExp, number])[] = [
  [/postgres/i, 5432], [/aurora|mysql|mariadb/i, 3306], [/oracle/i, 1521], [/sqlserver/i, 1433], [/db2/i, 50000], [/memcached/i, 11211], [/redis|valkey/i, 6379],
];

/** The port that the resource names, else that of its engine, else this one. */
export function portOr(fallback: number, properties: { readonly port?: string; readonly engine?: string } = {}): StoreNetwork['ports'] {
  const { port = 'Port', engine = 'Engine' } = properties;
  return (resource) => [resource.number(port) ?? enginePort(resource.text(engine)) ?? fallback];
}

/** A subnet group of a type, named by a property. */
export function ofGroup(type: string, property: string): StoreNetwork['subnets'] {
  return { path: 'SubnetIds', group: { type, property } };
}

function enginePort(engine: string | undefined): number | undefined {
  return engine === undefined ? undefined : ENGINE_PORTS.find(([pattern]) => pattern.test(literalText(engine) ?? ''))?.[1];
}
