import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IConstruct } from 'constructs';
import type { IDatabaseServer } from '../../binding';
import { newRules } from '../../network/shared/open-path';

/** The only network path that the broker has: from its SQL function to the server's port. */
export interface BrokerPath {
  readonly securityGroup: ec2.SecurityGroup;
  /** Rules that must exist while SQL runs. */
  readonly rules: IConstruct[];
}

/** Opens the path from both sides. Rules are resources of the broker's stack, also where the server's groups belong to another. */
export function openBrokerPath(scope: Construct, server: IDatabaseServer, engineName: string): BrokerPath {
  const securityGroup = new ec2.SecurityGroup(scope, 'SqlSecurityGroup', {
    vpc: server.vpc,
    description: `Function that runs SQL: to the ${engineName} server, nothing else`,
    allowAllOutbound: false,
    disableInlineRules: false,
  });
  keepClosed(securityGroup);
  const groups = server.connections.securityGroups;
  const port = ec2.Port.tcp(server.port);
  const rules = newRules([securityGroup, ...groups], () => groups.forEach((group) => {
    securityGroup.addEgressRule(group, port, engineName);
    group.addIngressRule(securityGroup, port, 'Databases and users that stacks declare', true);
  }));
  return { securityGroup, rules };
}

/** CDK takes its rule that matches nothing away with the first real one, and a group without inline rules starts with one that allows everything. */
function keepClosed(securityGroup: ec2.SecurityGroup): void {
  const resource = securityGroup.node.defaultChild as ec2.CfnSecurityGroup;
  resource.securityGroupEgress = [{ cidrIp: '255.255.255.255/32', description: 'Disallow all traffic', ipProtocol: 'icmp', fromPort: 252, toPort: 86 }];
}
