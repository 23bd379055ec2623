import { requireWay, type Judging } from './judge';
import { isList, isMap, Reference, resourceOf, Text, Unknown, type ModelResource, type ModelValue } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import type { Store } from '../graph/stores';
import { isCustom } from '../graph/tasks';
import { describeTraffic, tcp } from '../graph/traffic';
import { blocked, combine, undecided, type Answer } from '../hops/answer';
import type { Paths } from '../hops/paths';

const CLIENT: CheckRule = {
  id: 'reachability-client-to-store',
  title: 'What is given the endpoint or secret of a database, cache or broker reaches it',
  why: 'A missing rule shows as a connection that times out when the first request needs the database, after the deployment has succeeded.',
  fix: 'Allow the connection from both sides: client.connections.allowTo(database, port).',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Troubleshooting.html#CHAP_Troubleshooting.Connecting',
};

export const STORE_RULES: readonly CheckRule[] = [CLIENT];

interface Client {
  readonly owner: ModelResource;
  /** Undefined for a function outside of any VPC. */
  readonly network?: NetworkInterface;
  readonly given: readonly (ModelValue | undefined)[];
}

/** (d) Who is told of a store reaches it. */
export function judgeStores({ paths, evaluation }: Judging): void {
  const stores = new StoreFinder(paths.network);
  const insiders = new Set(paths.network.functions.filter(({ network }) => network !== undefined).map(({ owner }) => owner));
  for (const client of clientsOf(paths.network)) {
    for (const store of stores.in(client.given)) {
      // A function outside that is told of one inside leaves connections to it.
      const delegates = client.network === undefined && client.given.flatMap((value) => referencesIn(value)).some(({ resource }) => insiders.has(resource));
      if (store.owner !== client.owner && !delegates) {
        const ports = store.network.ports.map((port) => describeTraffic(tcp(port))).join(' or ');
        const [name, target] = [nameOf(client.owner), `${store.noun} ${nameOf(store.owner)}`];
        requireWay(evaluation, CLIENT, client.owner, {
          blocked: `${name} is given ${target} and does not reach it on ${ports}`, question: `${name}, which is given ${target}, reaches it on ${ports}`,
        }, wayTo(paths, client, store));
      }
    }
  }
}

function wayTo(paths: Paths, { owner, network }: Client, store: Store): Answer {
  const answers = store.network.ports.map((port) => (network === undefined ? fromOutside(paths, owner, store, port) : paths.between(network, store.network, tcp(port))));
  return combine(answers, 'any');
}

/** Functions without a VPC come from addresses of AWS that nobody knows. */
function fromOutside(paths: Paths, owner: ModelResource, store: Store, port: number): Answer {
  const answer = paths.fromInternet(store.network, tcp(port), 'every');
  const why = `function ${nameOf(owner)} is in no VPC, and from outside ${answer.reason}`;
  return answer.outcome === 'blocked' ? blocked(why, 'Give the function a VPC, subnets and a security group that the database admits.') : answer.outcome === 'undecided' ? undecided(why) : answer;
}

function clientsOf(network: Network): Client[] {
  const tasks = network.tasks.filter((task) => task.network !== undefined).map(({ owner, network: source, definition, isService }) => ({
    owner, network: source, given: [definition?.value('ContainerDefinitions'), definition?.value('Volumes'), ...(isService ? [] : [owner.properties])],
  }));
  return [
    ...tasks,
    ...network.functions.map(({ owner, network: source }) => ({ owner, network: source, given: [owner.value('Environment.Variables'), owner.value('FileSystemConfigs')] })),
    ...network.machines.map(({ owner, network: source, userData }) => ({ owner, network: source, given: [userData] })),
    ...proxies(network),
  ];
}

/** A proxy is a client of the servers in its target group. */
function proxies(network: Network): Client[] {
  const groups = network.model.ofType('AWS::RDS::DBProxyTargetGroup');
  return network.stores.filter(({ owner }) => owner.type === 'AWS::RDS::DBProxy').map(({ owner, network: source }) => ({
    owner,
    network: source,
    given: groups.filter((group) => resourceOf(group.value('DBProxyName')) === owner)
      .flatMap((group) => [...group.list('DBClusterIdentifiers'), ...group.list('DBInstanceIdentifiers')].map((value) => (value instanceof Reference ? new Reference(value.resource, 'Endpoint') : value))),
  }));
}

/** Finds the stores whose endpoint or secret is in a value, also by way of secrets and custom resources. */
export class StoreFinder {
  private readonly byOwner: Map<ModelResource, Store>;
  private readonly bySecret = new Map<ModelResource, ModelResource[]>();
  private readonly byFileSystem = new Map<ModelResource, Store[]>();
  private readonly custom = new Map<ModelResource, readonly Store[]>();

  public constructor(network: Network) {
    this.byOwner = new Map(network.stores.map((store) => [store.owner, store]));
    for (const member of network.model.ofType('AWS::RDS::DBInstance')) {
      const cluster = this.byOwner.get(resourceOf(member.value('DBClusterIdentifier') ?? '')!);
      if (cluster !== undefined) {
        this.byOwner.set(member, cluster);
      }
    }
    this.findMounts(network);
    for (const attachment of network.model.ofType('AWS::SecretsManager::SecretTargetAttachment')) {
      const [secret, target] = [attachment.value('SecretId'), attachment.value('TargetId')].map((value) => resourceOf(value ?? ''));
      if (secret !== undefined && target !== undefined) {
        this.bySecret.set(secret, [...this.bySecret.get(secret) ?? [], target]);
        this.bySecret.set(attachment, [target]);
      }
    }
  }

  public in(values: readonly (ModelValue | undefined)[]): Store[] {
    return [...new Set(values.flatMap((value) => referencesIn(value)).flatMap((reference) => this.behind(reference)))];
  }

  /** Clients are told of a file system or an access point, and connect to the mount target in their zone. */
  private findMounts({ stores, model }: Network): void {
    for (const store of stores.filter(({ owner }) => owner.type === 'AWS::EFS::MountTarget')) {
      const files = resourceOf(store.owner.value('FileSystemId') ?? '');
      const points = model.ofType('AWS::EFS::AccessPoint').filter((point) => files !== undefined && resourceOf(point.value('FileSystemId') ?? '') === files);
      [...(files === undefined ? [] : [files]), ...points].forEach((told) => this.byFileSystem.set(told, [...this.byFileSystem.get(told) ?? [], store]));
    }
  }

  private behind({ resource, attribute }: Reference): readonly Store[] {
    const store = this.byOwner.get(resource);
    if (store !== undefined) {
      return /endpoint|secret/i.test(attribute) ? [store] : [];
    }
    const mounts = this.byFileSystem.get(resource);
    if (mounts !== undefined) {
      return mounts;
    }
    const targets = this.bySecret.get(resource);
    if (targets !== undefined) {
      return targets.flatMap((target) => this.byOwner.get(target) ?? []);
    }
    return isCustom(resource) ? this.behindCustom(resource) : [];
  }

  /** What a custom resource was told of, its answers are about. */
  private behindCustom(resource: ModelResource): readonly Store[] {
    const known = this.custom.get(resource);
    if (known === undefined) {
      this.custom.set(resource, []);
      this.custom.set(resource, this.in(Object.entries(resource.properties).map(([name, value]) => (name === 'ServiceToken' ? undefined : value))));
    }
    return this.custom.get(resource)!;
  }
}

/** Every reference in a value, also within texts. */
function referencesIn(value: ModelValue | undefined, found: Reference[] = []): Reference[] {
  if (value instanceof Reference) {
    found.push(value);
  } else if (value instanceof Unknown) {
    value.mentions.forEach((resource) => found.push(new Reference(resource, 'Endpoint')));
  } else if (value instanceof Text) {
    value.parts.forEach((part) => typeof part !== 'string' && referencesIn(part, found));
  } else if (isList(value)) {
    value.forEach((item) => referencesIn(item, found));
  } else if (isMap(value)) {
    Object.values(value).forEach((item) => referencesIn(item, found));
  }
  return found;
}
