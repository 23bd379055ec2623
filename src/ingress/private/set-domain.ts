/** What messages advise where HTTPS is missing. */
export const SET_DOMAIN = 'Set `domain: CustomDomain.fromHostedZone(zone, { domainNames: [\'api.example.com\'] })`';
