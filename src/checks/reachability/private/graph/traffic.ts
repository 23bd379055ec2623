import type { PortRange } from './filter';

/** What a connection is: a protocol and the ports it is opened to. */
export interface Traffic {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a number as text, or `-1` for everything. */
  readonly protocol: string;
  readonly ports: PortRange;
}

/** A range of more ports than these names none of them. */
export const FEW_PORTS = 100;

const NAMES: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmpv6' };

export function tcp(from: number, to = from): Traffic {
  return { protocol: 'tcp', ports: { from, to } };
}

/** Protocols have names and numbers. */
export function protocolOf(text: string): string {
  return NAMES[text] ?? text.toLowerCase();
}

/** Whether a rule's protocol is for this traffic. */
export function carries(ruleProtocol: string, { protocol }: Traffic): boolean {
  return ruleProtocol === '-1' || ruleProtocol === protocol;
}

export function usesPorts(protocol: string): boolean {
  return protocol === 'tcp' || protocol === 'udp';
}

/** `TCP 5432`, `TCP 1024 to 65535`, `all traffic`. */
export function describeTraffic({ protocol, ports: { from, to } }: Traffic): string {
  const name = /^\d+$/.test(protocol) ? `protocol ${protocol}` : protocol.toUpperCase();
  if (protocol === '-1') {
    return 'all traffic';
  }
  if (!usesPorts(protocol)) {
    return name;
  }
  return from === to ? `${name} ${from}` : from === 0 && to === 65535 ? `${name} on all ports` : `${name} ${from} to ${to}`;
}
