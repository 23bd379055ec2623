import { PrivateHostedZone, PublicHostedZone } from 'aws-cdk-lib/aws-route53';
import { CustomDomain, PublicIngress, StaticFrontend } from '../../../src';
import { expecting } from '../expecting';
import { synth } from '../support/services';

// Such a certificate never becomes valid, and the deployment waits for it for hours.
test.failing('certificate-in-a-private-zone: a certificate that is to be validated in a private zone is refused, or something is said', expecting(() => {
  const { said } = synth(({ stack, vpc }) => {
    const zone = new PrivateHostedZone(stack, 'Zone', { vpc, zoneName: 'corp.example.com' });
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone) });
  });
  expect(said).toMatch(/private/i);
  expect(said).toMatch(/certificate/i);
}));

describe('an ingress and a front end', () => {
  const named = (api: string, web: string) => synth(({ stack, vpc }) => {
    const zone = PublicHostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(zone, { domainNames: [api] }) });
    new StaticFrontend(stack, 'Web', { domain: CustomDomain.fromHostedZone(zone, { domainNames: [web] }) });
  }, { env: { account: '111111111111', region: 'us-east-1' } });

  // Route 53 takes a record once, so the deployment fails.
  test.failing('one-host-name-twice: synthesis names a host that two parts of an app take', expecting(() => {
    expect(named('app.example.com', 'app.example.com').said).toMatch(/app\.example\.com/);
  }));

  test('may have two names in one zone', () => {
    const { error, said } = named('app.example.com', 'www.example.com');
    expect(error).toBeUndefined();
    expect(said).not.toMatch(/example\.com/);
  });
});
