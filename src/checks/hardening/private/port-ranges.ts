import { literalText, type ModelMap } from '../../private/model';

/** More ports than any one service listens on. */
const WIDE_RANGE = 1000;

/** Whether a security group rule names every address. */
export function isAnywhere({ CidrIp, CidrIpv6 }: ModelMap): boolean {
  return literalText(CidrIp) === '0.0.0.0/0' || literalText(CidrIpv6) === '::/0';
}

/** Whether a security group rule names every protocol, or so many ports that it restricts nothing. */
export function coversEverything({ IpProtocol, FromPort, ToPort }: ModelMap): boolean {
  const protocol = literalText(IpProtocol);
  if (protocol === '-1') {
    return true;
  }
  const [from, to] = [Number(literalText(FromPort)), Number(literalText(ToPort))];
  return ['tcp', 'udp', '6', '17'].includes(protocol ?? '') && to - from >= WIDE_RANGE;
}

/** What a security group rule allows, in words. */
export function portsOf({ IpProtocol, FromPort, ToPort }: ModelMap): string {
  const [protocol, from, to] = [literalText(IpProtocol) ?? 'some protocol', literalText(FromPort), literalText(ToPort)];
  return protocol === '-1' ? 'every protocol and port' : `${protocol} ${from === to ? `port ${from ?? '?'}` : `ports ${from ?? '?'} to ${to ?? '?'}`}`;
}
