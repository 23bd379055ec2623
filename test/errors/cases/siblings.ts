import { Size } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AmplifyFrontend, CustomDomain, FargateApi, type AmplifyFrontendProps } from '../../../src';
import { inEnvironment, type ErrorCases } from '../case';
import type { World } from '../world';

/** A front end that Amplify hosts, with the least that it needs. */
function amplify({ stack }: World, props: Partial<AmplifyFrontendProps>): AmplifyFrontend {
  return new AmplifyFrontend(stack, 'Web', { repository: 'https://github.com/example/web', accessToken: secretsmanager.Secret.fromSecretNameV2(stack, 'Token', 'github'), ...props });
}

function certificateIn(world: World, region: string): acm.ICertificate {
  return acm.Certificate.fromCertificateArn(world.stack, region, `arn:aws:acm:${region}:111111111111:certificate/1`);
}

/** What came with the missing siblings: roles of tasks, file systems that are watched, domains of Amplify. */
export const SIBLINGS: ErrorCases = {
  'AmplifyFrontend.certificateRegion': (world) => amplify(world, { domain: CustomDomain.fromHostedZone(world.zone, { certificate: certificateIn(world, 'eu-west-1') }) }),
  'AmplifyFrontend.severalCertificates': (world) => amplify(world, {
    domain: CustomDomain.combine([CustomDomain.fromCertificate(certificateIn(world, 'us-east-1'), ['example.com']), CustomDomain.fromCertificate(certificateIn(world, 'us-east-2'), ['www.example.com'])]),
  }),
  'AmplifyFrontend.severalZones': (world) => amplify(world, {
    domain: CustomDomain.combine(['example.com', 'example.org'].map((zoneName) => CustomDomain.fromHostedZone(new route53.PublicHostedZone(world.stack, zoneName, { zoneName })))),
  }),
  'AmplifyFrontend.unknownCertificateRegion': (world) => amplify(world, { domain: CustomDomain.fromHostedZone(world.zone, { certificate: new acm.Certificate(world.stack, 'Own', { domainName: 'example.com' }) }) }),
  'AmplifyFrontend.unknownName': (world) => amplify(world, { domain: CustomDomain.fromHostedZone(world.zone, { domainNames: ['example.com', `www.${new route53.PublicHostedZone(world.stack, 'New', { zoneName: 'a.b' }).hostedZoneId}`] }) }),
  'MonitorFileSystemOptions.minBurstCredits': ({ monitoring, files }) => monitoring.monitorFileSystem(files, { minBurstCredits: Size.gibibytes(100) }),
  'TaskRole.immutable': inEnvironment({ account: '111111111111', region: 'eu-central-1' }, ({ stack, cluster, image }) => new FargateApi(stack, 'Api', {
    cluster, image, enableExecuteCommand: true, taskRole: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111111111111:role/service', { mutable: false }),
  })),
  'TaskRole.trust': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, taskRole: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) }),
};
