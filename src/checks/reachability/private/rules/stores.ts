import { portsTold } from './balancer-stores';
import { requireWay, type Judging } from './judge';
import { referencesIn, StoreFinder, type Told } from './store-finder';
import { behindBalancers } from './targets';
import { Reference, resourceOf, type ModelResource, type ModelValue } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import type { Store } from '../graph/stores';
import { describeTraffic, tcp } from '../graph/traffic';
import { blocked, combine, explain, undecided, type Answer } from '../hops/answer';
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

/** Something that is told of others. */
export interface Client {
  readonly owner: ModelResource;
  /** Undefined for a function outside of any VPC. */
  readonly network?: NetworkInterface;
  readonly given: readonly (ModelValue | undefined)[];
}

/** (d) Who is told of a store reaches it. */
export function judgeStores(judging: Judging): void {
  const { network } = judging.paths;
  const stores = new StoreFinder(network);
  const insiders = new Set(network.functions.filter(({ network: source }) => source !== undefined).map(({ owner }) => owner));
  const servers = behindBalancers(network);
  for (const client of clientsOf(network)) {
    for (const store of stores.in(client.given)) {
      // A function outside that is told of one inside leaves connections to it.
      const delegates = client.network === undefined && client.given.flatMap((value) => referencesIn(value)).some(({ resource }) => insiders.has(resource));
      // A server that is told the name of the load balancer before it is told its own.
      const isItself = store.owner === client.owner || servers.get(store.owner)?.has(client.owner) === true;
      if (!isItself && !delegates) {
        judgeClient(judging, client, store);
      }
    }
  }
}

function judgeClient({ paths, evaluation }: Judging, client: Client, store: Told): void {
  const ports = store.network.ports.map((port) => describeTraffic(tcp(port))).join(' or ') || 'the port of its listener';
  const [name, target] = [nameOf(client.owner), `${store.noun} ${nameOf(store.owner)}`];
  const answer = wayTo(paths, client, store);
  if (store.perhapsBy !== undefined && answer.outcome === 'blocked') {
    evaluation.leavesOpen(CLIENT, client.owner, `whether ${name} has to reach ${target} on ${ports}, which it does not, is not known: `
      + `it is given an answer of ${store.perhapsBy}, which may be the address of ${target}, and ${explain(answer)}.`, { fix: answer.fix });
    return;
  }
  requireWay(evaluation, CLIENT, client.owner, {
    blocked: `${name} is given ${target} and does not reach it on ${ports}`, question: `${name}, which is given ${target}, reaches it on ${ports}`,
  }, answer);
}

function wayTo(paths: Paths, { owner, network, given }: Client, store: Store): Answer {
  const way = (port: number) => (network === undefined ? fromOutside(paths, owner, store, port) : paths.between(network, store.network, tcp(port)));
  const { ports, kind } = store.network;
  const told = kind === 'balancer' ? portsTold(store, given) : [];
  if (told.length > 0) {
    return combine(told.map((port) => (ports.includes(port) ? way(port) : noListener(store, port))), 'every');
  }
  return ports.length === 0 ? undecided(`the port of a listener of ${nameOf(store.owner)} is known at deployment`) : combine(ports.map(way), 'any');
}

function noListener({ owner }: Store, port: number): Answer {
  return blocked(`load balancer ${nameOf(owner)} has no listener on ${describeTraffic(tcp(port))}`, 'Add a listener on the port, or name the port of one.');
}

/** Functions without a VPC come from addresses of AWS that nobody knows. */
function fromOutside(paths: Paths, owner: ModelResource, store: Store, port: number): Answer {
  const answer = paths.fromInternet(store.network, tcp(port), 'every');
  const why = `function ${nameOf(owner)} is in no VPC, and from outside ${answer.reason}`;
  return answer.outcome === 'blocked' ? blocked(why, 'Give the function a VPC, subnets and a security group that the database admits.') : answer.outcome === 'undecided' ? undecided(why) : answer;
}

/** Everything that is told of others before it starts. */
export function clientsOf(network: Network): Client[] {
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
