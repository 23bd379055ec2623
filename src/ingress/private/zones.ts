import { Stack } from 'aws-cdk-lib';
import { CfnHostedZone, PrivateHostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { InvalidBackendError, problem } from '../../private/errors';
import { pathOf } from '../../private/stage-path';

/** Refuses a zone whose name CDK was not told, before CDK throws an error of its own. */
export function requireZoneName(scope: Construct, zone: IHostedZone): void {
  try {
    void zone.zoneName;
  } catch {
    throw new InvalidBackendError(scope, 'CustomDomain.zoneNameUnknown', `The name of the hosted zone '${pathOf(zone)}' isn't known, because the zone was imported by its id only. `
      + 'Import the zone with its id and name, by `HostedZone.fromHostedZoneAttributes`.');
  }
}

/**
 * Refuses a certificate to be validated where only the VPC can look: the deployment waits for it until it fails. Nobody can see of an imported
 * zone what it is. Networks may be added until the app is synthesised.
 *
 * @see https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
 */
export function requirePublicZone(scope: Construct, zone: IHostedZone): void {
  scope.node.addValidation({
    validate: () => (!isPrivate(zone) ? [] : [
      problem('CustomDomain.privateZone', `\`domain\` needs a certificate, and '${pathOf(zone)}' is a private hosted zone, which the certificate authority can't read to validate it. `
        + 'Pass a valid certificate, for example `CustomDomain.fromHostedZone(zone, { certificate })`, or use a public hosted zone.'),
    ]),
  });
}

function isPrivate(zone: IHostedZone): boolean {
  const resource = zone.node.defaultChild;
  const networks: unknown = resource instanceof CfnHostedZone ? Stack.of(resource).resolve(resource.vpcs) : [];
  return zone instanceof PrivateHostedZone || (Array.isArray(networks) && networks.length > 0);
}
