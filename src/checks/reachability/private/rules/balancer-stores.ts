import { isList, isMap, literalText, rendered, type ModelValue } from '../../../private/model';
import type { Network } from '../graph/network';
import type { Store } from '../graph/stores';

/**
 * Internal load balancers that listen, as stores: who is told the name of one connects to it, and whatever server is behind it. One on the internet is
 * reached by its public addresses, which `reachability-listener` is about.
 */
export function balancersAsStores({ balancers }: Network): Store[] {
  return balancers.filter(({ isInternetFacing }) => !isInternetFacing).flatMap(({ owner, network, listeners }) => {
    const streams = listeners.filter(({ protocol }) => !/^(UDP|QUIC)$/.test(protocol));
    return streams.length === 0 ? [] : [{ owner, noun: 'load balancer', network: { ...network, ports: streams.flatMap(({ port }) => port ?? []) } }];
  });
}

/** Of the ports of a load balancer those that a client is told with its name: right behind it, or as a variable whose name ends in PORT. */
export function portsTold({ owner, network: { ports } }: Store, given: readonly (ModelValue | undefined)[]): number[] {
  const behindName = new RegExp(`\\$\\{${owner.logicalId}\\.DNSName\\}:(\\d+)`, 'g');
  const texts = given.map((value) => (value === undefined ? '' : rendered(value)));
  const direct = texts.flatMap((text) => [...text.matchAll(behindName)].map(([, port]) => Number(port)));
  const variables = given.flatMap((value) => portVariables(value)).filter((port) => ports.includes(port));
  return [...new Set(direct.length > 0 ? direct : variables)];
}

/** Variables of a function are a map, those of a container a list of names and values. */
function portVariables(value: ModelValue | undefined): number[] {
  if (isList(value)) {
    return value.flatMap(portVariables);
  }
  if (!isMap(value)) {
    return [];
  }
  const pairs = value.Name === undefined ? Object.entries(value) : [[literalText(value.Name) ?? '', value.Value] as const];
  return pairs.flatMap(([name, item]) => (/PORT$/.test(name) ? Number(literalText(item)) || [] : portVariables(item)));
}
