import { balancersAsStores } from './balancer-stores';
import { hostPattern } from './host-name';
import { isList, isMap, Reference, rendered, resourceOf, Text, Unknown, type ModelResource, type ModelValue } from '../../../private/model';
import { nameOf } from '../graph/identity';
import type { Network } from '../graph/network';
import type { Store } from '../graph/stores';
import { isCustom } from '../graph/tasks';

/** A store that something is told of. */
export interface Told extends Store {
  /** The custom resource of which only the deployment knows whether its answer is the address of the store. */
  readonly perhapsBy?: string;
}

/** Attributes that lead to a store, and to a load balancer. What is computed of a resource has the attribute of the first. */
const COMPUTED = 'Endpoint';
const LEADS_TO_STORE = /endpoint|secret/i;
const LEADS_TO_BALANCER = new RegExp(`^(DNSName|${COMPUTED})$`);

/** Answers of custom resources that are addresses by their name. */
const ADDRESS = /address|bootstrap|broker|dns|endpoint|host|server|ur[il]/i;

/** Names under these keys go into certificates: who signs them connects to none of them. */
const NAMES_TO_CERTIFY = /^(permitted|excluded)?(dns|(subject)?alternative)names$/i;

/** A text that ends within a list of JSON, with the key of the list. */
const WITHIN_LIST = /"(\w+)\\?"\s*:\s*\[[^\]]*$/;

/** Properties with which resources hand on what they were told. */
const CARRIERS: { readonly [type: string]: readonly string[] } = {
  'AWS::Route53::RecordSet': ['AliasTarget', 'ResourceRecords'],
  'AWS::SecretsManager::Secret': ['GenerateSecretString', 'SecretString'],
  'AWS::SSM::Parameter': ['Value'],
};

/** Finds the stores whose endpoint or secret is in a value, also by way of secrets, parameters, names and custom resources. */
export class StoreFinder {
  private readonly byOwner: Map<ModelResource, Store>;
  private readonly bySecret = new Map<ModelResource, ModelResource[]>();
  private readonly byFileSystem = new Map<ModelResource, Store[]>();
  private readonly carried = new Map<ModelResource, readonly Told[]>();
  private readonly records: readonly { readonly record: ModelResource; readonly name: RegExp }[];

  public constructor(network: Network) {
    this.byOwner = new Map([...network.stores, ...balancersAsStores(network)].map((store) => [store.owner, store]));
    for (const member of network.model.ofType('AWS::RDS::DBInstance')) {
      const cluster = this.byOwner.get(resourceOf(member.value('DBClusterIdentifier') ?? '')!);
      if (cluster !== undefined) {
        this.byOwner.set(member, cluster);
      }
    }
    this.findMounts(network);
    this.records = network.model.ofType('AWS::Route53::RecordSet').flatMap((record) => {
      const name = record.text('Name')?.replace(/\.$/, '');
      return name === undefined ? [] : [{ record, name: new RegExp(hostPattern(name)) }];
    });
    for (const attachment of network.model.ofType('AWS::SecretsManager::SecretTargetAttachment')) {
      const [secret, target] = [attachment.value('SecretId'), attachment.value('TargetId')].map((value) => resourceOf(value ?? ''));
      if (secret !== undefined && target !== undefined) {
        this.bySecret.set(secret, [...this.bySecret.get(secret) ?? [], target]);
        this.bySecret.set(attachment, [target]);
      }
    }
  }

  /** Each store once; as certain where one of the values is. */
  public in(values: readonly (ModelValue | undefined)[]): Told[] {
    const found = [...values.flatMap((value) => referencesIn(value)).flatMap((reference) => this.behind(reference)), ...this.named(values)];
    const certain = new Set(found.filter(({ perhapsBy }) => perhapsBy === undefined).map(({ owner }) => owner));
    const once = new Map(found.filter(({ owner, perhapsBy }) => perhapsBy === undefined || !certain.has(owner)).map((told) => [told.owner, told]));
    return [...once.values()];
  }

  /** A name of Route 53 may be written out. */
  private named(values: readonly (ModelValue | undefined)[]): readonly Told[] {
    const texts = this.records.length === 0 ? [] : values.map((value) => (value === undefined ? '' : rendered(value)));
    return this.records.filter(({ name }) => texts.some((text) => name.test(text))).flatMap(({ record }) => this.handedOn(record));
  }

  /** Clients are told of a file system or an access point, and connect to the mount target in their zone. */
  private findMounts({ stores, model }: Network): void {
    for (const store of stores.filter(({ owner }) => owner.type === 'AWS::EFS::MountTarget')) {
      const files = resourceOf(store.owner.value('FileSystemId') ?? '');
      const points = model.ofType('AWS::EFS::AccessPoint').filter((point) => files !== undefined && resourceOf(point.value('FileSystemId') ?? '') === files);
      [...(files === undefined ? [] : [files]), ...points].forEach((told) => this.byFileSystem.set(told, [...this.byFileSystem.get(told) ?? [], store]));
    }
  }

  private behind({ resource, attribute }: Reference): readonly Told[] {
    const store = this.byOwner.get(resource);
    if (store !== undefined) {
      return leadsTo(store, attribute) ? [store] : [];
    }
    const attached = (this.bySecret.get(resource) ?? []).flatMap((target) => this.byOwner.get(target) ?? []);
    return [...this.byFileSystem.get(resource) ?? [], ...attached, ...this.handedOn(resource), ...(isCustom(resource) ? this.askedFor(resource, attribute) : [])];
  }

  /** What a carrier or a custom resource was told of, its answers are about. */
  private handedOn(resource: ModelResource): readonly Told[] {
    const known = this.carried.get(resource);
    if (known !== undefined) {
      return known;
    }
    this.carried.set(resource, []);
    const found = this.in(isCustom(resource) ? questionOf(resource) : (CARRIERS[resource.type] ?? []).map((path) => resource.value(path)));
    this.carried.set(resource, found);
    return found;
  }

  /**
   * A custom resource that was told the ARN or the name of a store can ask AWS for its address. An answer is that address where its own name says so;
   * where no attribute has the address, any other answer may be.
   */
  private askedFor(resource: ModelResource, attribute: string): readonly Told[] {
    const named = questionOf(resource).flatMap((value) => referencesIn(value)).flatMap((reference) => {
      const store = this.byOwner.get(reference.resource);
      return store === undefined || leadsTo(store, reference.attribute) ? [] : [store];
    });
    return ADDRESS.test(attribute) ? named : named.filter(({ asked }) => asked === true).map((store) => ({ ...store, perhapsBy: nameOf(resource) }));
  }
}

function leadsTo({ network: { kind } }: Store, attribute: string): boolean {
  return (kind === 'balancer' ? LEADS_TO_BALANCER : LEADS_TO_STORE).test(attribute);
}

function questionOf({ properties }: ModelResource): ModelValue[] {
  return Object.entries(properties).flatMap(([name, value]) => (name === 'ServiceToken' || NAMES_TO_CERTIFY.test(name) ? [] : [value]));
}

/** Every reference in a value, also within texts, that may be meant to be connected to. */
export function referencesIn(value: ModelValue | undefined, found: Reference[] = []): Reference[] {
  if (value instanceof Reference) {
    found.push(value);
  } else if (value instanceof Unknown) {
    value.mentions.forEach((resource) => found.push(new Reference(resource, COMPUTED)));
  } else if (value instanceof Text) {
    value.parts.forEach((part, index) => typeof part !== 'string' && !isToCertify(value.parts.slice(0, index)) && referencesIn(part, found));
  } else if (isList(value)) {
    value.forEach((item) => referencesIn(item, found));
  } else if (isMap(value)) {
    Object.entries(value).forEach(([key, item]) => NAMES_TO_CERTIFY.test(key) || referencesIn(item, found));
  }
  return found;
}

function isToCertify(before: readonly (string | Reference | Unknown)[]): boolean {
  const [, key] = WITHIN_LIST.exec(before.map(String).join('')) ?? [];
  return key !== undefined && NAMES_TO_CERTIFY.test(key);
}
