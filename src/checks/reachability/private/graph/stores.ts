import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { literalText, resourceOf, type ModelResource, type TemplateModel } from '../../../private/model';
import { isPartOfStore, STORE_TYPES, storeColumn, subnetsOfStore } from '../../../private/store-types';
import { valueAt } from '../../../private/store-types/row';

/** A database, cache or broker. */
export interface Store {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
  /** `database`, `cache`, `broker`, `search domain`, `file system`. */
  readonly noun: string;
  /** Whether no attribute of it has its address. */
  readonly asked?: boolean;
}

const NETWORKS = storeColumn('network');
const PUBLIC_ACCESS = storeColumn('publicAccess');

/** The databases, caches and brokers of a model. */
export function findStores(model: TemplateModel, factory: InterfaceFactory): Store[] {
  return Object.entries(NETWORKS).flatMap(([type, place]) => model.ofType(type)
    .filter((resource) => !isPartOfStore(resource) && (place.inVpcBy === undefined || resource.value(place.inVpcBy) !== undefined))
    .map((owner) => ({
      owner,
      noun: STORE_TYPES[type].noun,
      asked: place.asked,
      network: factory.make({
        kind: 'store',
        owner,
        subnets: subnetsOfStore(place, owner),
        groups: valueAt(owner, place.groups),
        ports: place.ports(owner),
        publicIp: isPublic(owner, model),
        ipv6: place.networkType !== undefined && /^(dual|ipv6)/i.test(owner.text(place.networkType) ?? ''),
      }),
    })));
}

/** Instances of a cluster have its groups and subnets, and addresses of their own. */
function isPublic(owner: ModelResource, model: TemplateModel): boolean {
  const members = owner.type === 'AWS::RDS::DBCluster' ? model.ofType('AWS::RDS::DBInstance').filter((member) => resourceOf(member.value('DBClusterIdentifier')) === owner) : [];
  return (members.length > 0 ? members : [owner]).some(mayBePublic);
}

/** A store that may have an address on the internet counts as one that has; without a route the address is of no use. */
function mayBePublic(resource: ModelResource): boolean {
  const access = PUBLIC_ACCESS[resource.type];
  const value = access === undefined ? undefined : resource.value(access.path);
  return access !== undefined && (value === undefined ? access.absent !== 'off' : literalText(value) !== access.off);
}
