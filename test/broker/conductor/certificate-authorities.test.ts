import { certificateAuthorities } from '../../../src/broker/handler/conductor/certificate-authorities';
import { rdsRootsFor } from '../../../src/trust/shared/rds-roots';

const ROOTS = rdsRootsFor('eu-west-1') as string;

test('are the RDS roots of the region', () => {
  expect(certificateAuthorities({}, 'eu-west-1')).toBe(ROOTS);
});

test('are what is given, in every region, without what is not a certificate', () => {
  const withMore = `# roots\n${ROOTS}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`;
  expect(certificateAuthorities({ CaBundle: withMore }, 'us-gov-west-1')).toBe(ROOTS);
});

test.each([
  ['holds no certificate', 'hello', 'one or more'],
  ['holds a certificate that is none', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'X.509'],
  ['does not fit into a secret', ROOTS.repeat(12), 'only the roots of this server'],
  ['is empty', '', 'CaBundle'],
])('fails when the bundle %s', (_, CaBundle, message) => {
  expect(() => certificateAuthorities({ CaBundle }, 'eu-west-1')).toThrow(message);
});

test.each(['us-gov-west-1', 'cn-north-1', ''])('fails in region \'%s\', whose roots are not known, and names the prop', (region) => {
  expect(() => certificateAuthorities({}, region)).toThrow('`caCertificates`');
});
