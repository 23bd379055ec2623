import { expecting } from '../expecting';
import { found, hardening, missing, publicNetwork, reachability } from '../support/checks';

describe('the way from the internet', () => {
  const instance = `
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: !Ref Vpc, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 } ] } }
  I: { Type: AWS::EC2::Instance, Properties: { ImageId: ami-1, InstanceType: t3.micro, SubnetId: !Ref Subnet, SecurityGroupIds: [ !GetAtt Sg.GroupId ] } }
`;

  // Addresses that are given to an instance from outside of it, and a default route that comes in two halves, are not seen.
  test.failing('elastic-ip-and-split-route: an instance with an Elastic IP or with a default route in two halves is public', expecting(() => {
    const address = hardening(`Resources: ${publicNetwork({ publicAddresses: false })} ${instance}
  Eip: { Type: AWS::EC2::EIP, Properties: { InstanceId: !Ref I } }
`);
    const halves = reachability(`Resources: ${publicNetwork({ defaultRoute: '0.0.0.0/1' })}
  Other: { Type: AWS::EC2::Route, Properties: { RouteTableId: !Ref Rt, DestinationCidrBlock: 128.0.0.0/1, GatewayId: !Ref Igw } } ${instance}`);
    expect(missing({
      'an instance with an Elastic IP': found(address, /instance-public-ip/, 'I'),
      'an instance with the routes 0.0.0.0/1 and 128.0.0.0/1': found(halves, /internet-to-instance/, 'I'),
    })).toEqual([]);
  }));
});

describe('ports that are open to the internet', () => {
  const rule = (port: number, cidr = '0.0.0.0/0') => `{ IpProtocol: tcp, FromPort: ${port}, ToPort: ${port}, CidrIp: ${cidr} }`;
  const foundOf = (...rules: string[]) => found(hardening(`
Resources:
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, SecurityGroupIngress: [ ${rules.join(', ')} ] } }
`), /security-group-ingress/, 'Sg');

  // Ports that the rule's own source (Security Hub, EC2.19) counts among those of high risk pass, and so does SSH from two halves of the internet.
  test.failing('ports-missing: each port of high risk is found, also where the internet comes in two halves', expecting(() => {
    expect(missing({
      ...Object.fromEntries([21, 23, 135, 445, 2375, 5601, 8888].map((port) => [`port ${port} from 0.0.0.0/0`, foundOf(rule(port))])),
      'port 22 from 0.0.0.0/1 and 128.0.0.0/1': foundOf(rule(22, '0.0.0.0/1'), rule(22, '128.0.0.0/1')),
    })).toEqual([]);
  }));

  test('port 443 is not found', () => {
    expect(foundOf(rule(443))).toEqual([]);
  });
});
