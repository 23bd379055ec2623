import { CertificateFailure } from './certificate-failure';
import { x509 } from './x509';
import { parseCidr, type Cidr } from '../../private/cidr';

/** Names for which an authority may sign. */
export interface PermittedNames {
  /** Host names; those below them are permitted too. */
  readonly dnsNames: readonly string[];
  /** Addresses, or ranges of them such as `10.0.1.0/24`. */
  readonly ipAddresses: readonly string[];
}

const NAME_CONSTRAINTS = '2.5.29.30';
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;
const OCTETS = { 4: 4, 6: 16 } as const;

/** Tags of ASN.1. A kind of name that is not listed at all would be permitted altogether. */
const Tag = { SEQUENCE: 0x30, PERMITTED: 0xa0, DNS_NAME: 0x82, IP_ADDRESS: 0x87 } as const;

/**
 * Clients refuse a certificate of the authority with another name, whoever signed it.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc5280#section-4.2.1.10
 */
export function nameConstraints({ dnsNames, ipAddresses }: PermittedNames): x509.Extension {
  if (dnsNames.length === 0 || ipAddresses.length === 0) {
    throw new CertificateFailure('INVALID_VALUE', 'An authority without permitted host names or without permitted addresses could sign for all of them. Pass at least one of each.');
  }
  const subtrees = [...dnsNames.map(hostName), ...ipAddresses.map(addressRange)].map((base) => encode(Tag.SEQUENCE, base));
  return new x509.Extension(NAME_CONSTRAINTS, true, encode(Tag.SEQUENCE, encode(Tag.PERMITTED, ...subtrees)));
}

function hostName(name: string): Buffer {
  if (!HOST_NAME.test(name)) {
    throw new CertificateFailure('INVALID_VALUE', `The permitted host name '${name}' isn't a host name. Use a name such as 'db.example.com'.`);
  }
  return encode(Tag.DNS_NAME, Buffer.from(name.toLowerCase()));
}

/** The address, then the mask. */
function addressRange(text: string): Buffer {
  const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (range === undefined) {
    throw new CertificateFailure('INVALID_VALUE', `The permitted address '${text}' isn't an address. Use an address such as '10.0.1.5', or a range such as '10.0.1.0/24'.`);
  }
  return encode(Tag.IP_ADDRESS, octetsOf(range, range.base), octetsOf(range, maskOf(range)));
}

function maskOf({ family, prefix }: Cidr): bigint {
  const bits = BigInt(8 * OCTETS[family]);
  return (2n ** bits) - (2n ** (bits - BigInt(prefix)));
}

function octetsOf({ family }: Cidr, value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * OCTETS[family], '0'), 'hex');
}

/** A value of ASN.1, shorter than 64 KB. */
function encode(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
