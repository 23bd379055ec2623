import { Stack, type App } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { BackendCluster, FargateApi, type FargateApiProps } from '../../src/fargate';
import { CustomDomain, NetworkIngress, type NetworkIngressProps } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { Egress } from '../../src/posture';
import { developmentApp, IMAGE } from '../fargate/fixture';

const ENV = { account: '111111111111', region: 'eu-west-1' };

/** An ingress and a service in stacks of their own. */
export interface NetworkWorld {
  readonly app: App;
  readonly home: Stack;
  readonly services: Stack;
  readonly vpc: IVpc;
  readonly ingress: NetworkIngress;
  api(id: string, props?: Partial<FargateApiProps>): FargateApi;
}

/** A domain whose DNS is somewhere else. */
export function domainIn(stack: Stack, ...names: string[]): CustomDomain {
  const certificates = names.map((name) => Certificate.fromCertificateArn(stack, `Certificate-${name}`, `arn:aws:acm:eu-west-1:111111111111:certificate/${name}`));
  return CustomDomain.combine(certificates.map((certificate, index) => CustomDomain.fromCertificate(certificate, [names[index]])));
}

export function createWorld(propsIn: (home: Stack) => Partial<NetworkIngressProps> = () => ({}), app = developmentApp()): NetworkWorld {
  const [home, services] = ['Home', 'Services'].map((id) => new Stack(app, id, { env: ENV }));
  const { vpc } = new BackendNetwork(home, 'Network', { egress: Egress.natGateway() });
  const ingress = new NetworkIngress(home, 'Ingress', { vpc, ...propsIn(home) });
  const cluster = new BackendCluster(services, 'Cluster', { vpc });
  return { app, home, services, vpc, ingress, api: (id, props) => new FargateApi(services, id, { cluster, image: IMAGE, ...props }) };
}
