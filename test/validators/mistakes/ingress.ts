import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { Mistake } from './mistake';
import { newVpc } from './parts';
import { BackendCluster, CustomDomain, FargateApi, Posture, PublicIngress } from '../../../src';

/** What a load balancer refuses, or should. */
export const INGRESS_MISTAKES: Mistake[] = [
  {
    id: 'no-https',
    title: 'The load balancer on the internet serves requests in clear text',
    source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-1',
    seed: (stack, wrong) => {
      const balancer = newBalancer(stack);
      if (wrong) {
        balancer.addListener('Http', { port: 80, defaultAction: elbv2.ListenerAction.fixedResponse(200) });
      } else {
        balancer.addListener('Https', { port: 443, certificates: [newCertificate(stack)], defaultAction: elbv2.ListenerAction.fixedResponse(200) });
      }
    },
    withLibrary: (stack, wrong) => {
      const domain = wrong ? undefined : CustomDomain.fromCertificate(newCertificate(stack), ['api.example.com']);
      new PublicIngress(stack, 'Ingress', { vpc: newVpc(stack), domain });
    },
    caughtBy: { 'HardeningCheck': 'hardening-alb-https', 'cdk-nag': 'NIST.800.53.R5-ELBv2ACMCertificateRequired', 'library': 'posture requires HTTPS' },
  },
  {
    id: 'grpc-without-tls',
    title: 'A target group speaks gRPC behind a listener without TLS, which load balancers do not do',
    source: 'https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2214',
    seed: (stack, wrong) => {
      const balancer = newBalancer(stack);
      const targets = new elbv2.ApplicationTargetGroup(stack, 'Targets', {
        vpc: balancer.vpc!, port: 50051, protocol: elbv2.ApplicationProtocol.HTTP, protocolVersion: elbv2.ApplicationProtocolVersion.GRPC, targetType: elbv2.TargetType.IP,
      });
      balancer.addListener('Listener', {
        ...wrong ? { port: 80, protocol: elbv2.ApplicationProtocol.HTTP } : { port: 443, certificates: [newCertificate(stack)] },
        defaultTargetGroups: [targets],
      });
    },
    caughtBy: { 'HardeningCheck': 'hardening-alb-https', 'cdk-nag': 'NIST.800.53.R5-ELBv2ACMCertificateRequired' },
  },
  {
    id: 'priority-twice',
    title: 'Two rules of a listener have the same priority',
    source: 'https://github.com/hashicorp/terraform/issues/24239',
    seed: (stack, wrong) => {
      const listener = newBalancer(stack).addListener('Http', { port: 80, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
      [1, wrong ? 1 : 2].forEach((priority, index) => listener.addAction(`Rule${index}`, {
        priority, conditions: [elbv2.ListenerCondition.pathPatterns([`/${index}/*`])], action: elbv2.ListenerAction.fixedResponse(200),
      }));
    },
    withLibrary: (stack, wrong) => {
      Posture.development().applyTo(stack);
      const vpc = newVpc(stack);
      const target = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: ecs.ContainerImage.fromRegistry('api') });
      const ingress = new PublicIngress(stack, 'Ingress', { vpc });
      [1, wrong ? 1 : 2].forEach((priority, index) => ingress.addRoute(`Route${index}`, { priority, paths: [`/${index}/*`], target }));
    },
    caughtBy: { library: 'both have priority 1' },
  },
  {
    id: 'cidr-that-is-none',
    title: 'A security group rule names a range of addresses that is none',
    source: 'https://github.com/martysweet/cfn-lint/issues/172',
    seed: (stack, wrong) => {
      const group = new ec2.SecurityGroup(stack, 'Group', { vpc: newVpc(stack) });
      new ec2.CfnSecurityGroupIngress(stack, 'Rule', { groupId: group.securityGroupId, ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp: wrong ? '38.121.87.72/33' : '38.121.87.72/32' });
    },
    caughtBy: { 'cfn-lint': 'E3002' },
  },
];

function newBalancer(scope: Construct): elbv2.ApplicationLoadBalancer {
  return new elbv2.ApplicationLoadBalancer(scope, 'Balancer', { vpc: newVpc(scope), internetFacing: true });
}

function newCertificate(scope: Construct): acm.Certificate {
  return new acm.Certificate(scope, 'Certificate', { domainName: 'api.example.com' });
}
