import { calledIn, discoveredServices } from './callers';
import { requireWay, type Judging } from './judge';
import { RolePolicies } from './roles';
import { mayOpenChannels } from './sessions';
import { StoreFinder } from './store-finder';
import { literalText, rendered } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import { describeTraffic, tcp } from '../graph/traffic';
import { combine } from '../hops/answer';

const TUNNEL: CheckRule = {
  id: 'reachability-tunnel',
  title: 'Each port forwarding of Session Manager that is pinned to a host has an instance that reaches it',
  why: 'The session opens all the same, and whoever uses the local port gets a connection that is closed at once.',
  fix: 'Allow the connection from both sides: bastion.connections.allowTo(target, port), in one VPC or peered ones.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html',
};

export const TUNNEL_RULES: readonly CheckRule[] = [TUNNEL];

/** (e) Where tunnels lead. A document does not say through which instance, so one that gets there is enough. */
export function judgeTunnels({ paths, evaluation }: Judging): void {
  const { network } = paths;
  const [stores, services, roles] = [new StoreFinder(network), discoveredServices(network), new RolePolicies(network.model)];
  const machines = network.machines.filter((machine) => mayOpenChannels(roles, machine));
  for (const document of machines.length === 0 ? [] : network.model.ofType('AWS::SSM::Document').filter((each) => each.value('Content.properties.host') !== undefined)) {
    const host = document.value('Content.properties.host')!;
    const pinned = Number(literalText(document.value('Content.properties.portNumber'))) || undefined;
    const targets: { readonly name: string; readonly target: NetworkInterface; readonly port: number | undefined }[] = [
      ...stores.in([host]).map(({ owner, noun, network: target }) => ({ name: `${noun} ${nameOf(owner)}`, target, port: pinned ?? target.ports[0] })),
      ...calledIn(services, [`${rendered(host)}:${pinned}`]).map(({ service, port }) => ({ name: `service ${nameOf(service.owner)}`, target: service.network, port })),
    ];
    for (const { name, target, port } of targets) {
      if (port !== undefined) {
        const traffic = tcp(port);
        requireWay(evaluation, TUNNEL, document, {
          blocked: `tunnel ${nameOf(document)} leads to ${name}, which no instance of Session Manager reaches on ${describeTraffic(traffic)}`,
          question: `an instance of Session Manager reaches ${name}, to which tunnel ${nameOf(document)} leads,`,
        }, combine(machines.map((machine) => paths.between(machine.network, target, traffic)), 'any'));
      }
    }
  }
}
