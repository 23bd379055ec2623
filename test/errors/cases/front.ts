import { Duration, Lazy } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AmplifyFrontend, AuditTrail, ContainerRepository, CustomDomain, SsmBastion, StaticFrontend } from '../../../src';
import { inEnvironment, type ErrorCases } from '../case';

const REPOSITORY = 'https://github.com/example/web';

/** What front ends refuse. */
const FRONTEND: ErrorCases = {
  'AmplifyFrontend.branch': ({ stack, secret }) => new AmplifyFrontend(stack, 'Web', { repository: REPOSITORY, accessToken: secret, branch: 'pr-1' }),
  'AmplifyFrontend.directory': ({ stack, secret }) => new AmplifyFrontend(stack, 'Web', { repository: REPOSITORY, accessToken: secret, appRoot: '../web' }),
  'AmplifyFrontend.noCommands': ({ stack, secret }) => new AmplifyFrontend(stack, 'Web', { repository: REPOSITORY, accessToken: secret, buildCommands: [] }),
  'AmplifyFrontend.previewCredentials': ({ stack, secret }) => new AmplifyFrontend(stack, 'Web', { repository: REPOSITORY, accessToken: secret, previewCredentials: secret }),
  'AmplifyFrontend.repository': ({ stack, secret }) => new AmplifyFrontend(stack, 'Web', { repository: 'example/web', accessToken: secret }),
  'Frontend.region': inEnvironment({ region: 'cn-north-1' }, ({ stack }) => new StaticFrontend(stack, 'Web')),
  'StaticFrontend.certificateOutsideUsEast1': inEnvironment({ region: 'eu-central-1' }, ({ stack, domain }) => new StaticFrontend(stack, 'Web', { domain })),
  'StaticFrontend.certificateRegion': ({ stack, domain }) => new StaticFrontend(stack, 'Web', { domain }),
  'StaticFrontend.directory': ({ stack }) => new StaticFrontend(stack, 'Web', { outputDirectory: '/dist' }),
  'StaticFrontend.severalCertificates': ({ stack, domain }) => {
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/1');
    new StaticFrontend(stack, 'Web', { domain: CustomDomain.combine([domain, CustomDomain.fromCertificate(certificate, ['www.example.org'])]) });
  },
};

/** What bastions, audit trails and repositories refuse. */
const ACCOUNT: ErrorCases = {
  'AuditTrail.retention': ({ stack }) => new AuditTrail(stack, 'Trail', { retention: Duration.hours(12) }),
  'BastionTunnel.localPort': ({ bastion, postgres, cache }) => [bastion.addTunnel('Postgres', { target: postgres }), bastion.addTunnel('Cache', { target: cache, localPort: 5432 })],
  'BastionTunnel.noSecurityGroup': ({ bastion }) => bastion.addTunnel('Server', { target: { endpoint: 'server.internal', port: 5432, connections: new ec2.Connections() } }),
  'ContainerRepository.latestTag': ({ stack }) => new ContainerRepository(stack, 'Images').image('latest'),
  'ContainerRepository.maxImageCount': ({ stack }) => new ContainerRepository(stack, 'Images', { maxImageCount: 0 }),
  'ContainerRepository.mutableTags': ({ stack }) => new ContainerRepository(stack, 'Images', { mutableTags: ['dev-1', 'dev-2', 'dev-3', 'dev-4', 'dev-5', 'dev-6'] }),
  'ContainerRepository.tagOrDigest': ({ stack }) => new ContainerRepository(stack, 'Images').image('api:1.0'),
  'ContainerRepository.tagPattern': ({ stack }) => new ContainerRepository(stack, 'Images', { mutableTags: ['dev/*'] }),
  'ContainerRepository.untaggedRetention': ({ stack }) => new ContainerRepository(stack, 'Images', { untaggedRetention: Duration.hours(12) }),
  'SsmBastion.idleTimeout': ({ stack, vpc }) => new SsmBastion(stack, 'Bastion', { vpc, idleTimeout: Duration.minutes(1) }),
  'SsmBastion.idleTimeoutUnknown': ({ stack, vpc }) => new SsmBastion(stack, 'Bastion', { vpc, idleTimeout: Duration.minutes(Lazy.number({ produce: () => 30 })) }),
};

/** What front ends, bastions, audit trails and repositories refuse. */
export const FRONT: ErrorCases = { ...FRONTEND, ...ACCOUNT };
