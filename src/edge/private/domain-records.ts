import type { EdgeDomainConfig, EdgeDomainRecords } from '../edge-domain';

/** All records of a domain, by zone. */
export function recordsOf({ hostedZone, domainNames, moreRecords = [] }: EdgeDomainConfig): EdgeDomainRecords[] {
  return [...(hostedZone === undefined ? [] : [{ hostedZone, domainNames }]), ...moreRecords];
}
