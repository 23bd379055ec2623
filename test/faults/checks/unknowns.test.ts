import { expecting } from '../expecting';
import { found, hardening, missing, publicNetwork, reachability, violations } from '../support/checks';

describe('a value that only a deployment knows', () => {
  // An instance in a subnet of which nothing is known counts as out of the internet's reach.
  test.failing('unknown-subnet-counts-as-private: a subnet that the template does not show is undecided', expecting(() => {
    const report = reachability(`
Parameters: { Subnet: { Type: AWS::EC2::Subnet::Id } }
Resources:
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 } ] } }
  I: { Type: AWS::EC2::Instance, Properties: { ImageId: ami-1, InstanceType: t3.micro, SubnetId: !Ref Subnet, SecurityGroupIds: [ !GetAtt Sg.GroupId ] } }
`);
    expect(missing({ 'an instance in an unknown subnet, with SSH open to everybody': found(report, /internet-to-instance/, 'I') })).toEqual([]);
  }));

  // A source or a port that is no literal counts as closed. A port of this kind is in every template of allowDefaultPortFromAnyIpv4().
  test.failing('unknown-cidr-counts-as-closed: an ingress rule with a source or a port that is given later is found or undecided', expecting(() => {
    const source = hardening(`
Parameters: { From: { Type: String, Default: 0.0.0.0/0 } }
Resources:
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref From } ] } }
`);
    const port = hardening(`
Resources:
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x } }
  In: { Type: AWS::EC2::SecurityGroupIngress, Properties: { GroupId: !GetAtt Sg.GroupId, IpProtocol: tcp, FromPort: !GetAtt Db.Endpoint.Port, ToPort: !GetAtt Db.Endpoint.Port, CidrIp: 0.0.0.0/0 } }
  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: postgres, DBInstanceClass: db.t4g.micro, AllocatedStorage: "20", PubliclyAccessible: false, VPCSecurityGroups: [ !GetAtt Sg.GroupId ], ManageMasterUserPassword: true, MasterUsername: u } }
`);
    expect(missing({
      'SSH from a parameter with the default 0.0.0.0/0': found(source, /security-group-ingress/, 'Sg'),
      'the port of the database from 0.0.0.0/0': found(port, /security-group-ingress/, 'In', 'Sg'),
    })).toEqual([]);
  }));

  // A subnet without a route table of its own counts as private, although nobody knows the main table of its VPC.
  test.failing('subnet-of-unknown-vpc: a subnet with the main route table of an unknown VPC is undecided', expecting(() => {
    const report = hardening(`
Parameters: { Vpc: { Type: AWS::EC2::VPC::Id } }
Resources:
  S: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24 } }
  S2: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24 } }
  G: { Type: AWS::RDS::DBSubnetGroup, Properties: { DBSubnetGroupDescription: x, SubnetIds: [ !Ref S, !Ref S2 ] } }
`);
    expect(missing({ 'a subnet group in an unknown VPC': found(report, /database-private-subnets/, 'G') })).toEqual([]);
  }));

  // A list of managed policies that is split from a parameter counts as held, whatever the parameter's default.
  test.failing('unknown-managed-policy: managed policies that are given as a parameter are found or undecided', expecting(() => {
    const report = hardening(`
Parameters: { Arns: { Type: String, Default: "arn:aws:iam::aws:policy/AdministratorAccess" } }
Resources:
  R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: !Split [ ",", !Ref Arns ], AssumeRolePolicyDocument: { Statement: [ { Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: sts:AssumeRole } ] } } }
`);
    expect(missing({ 'a role with unknown managed policies': found(report, /iam-managed-policy/, 'R') })).toEqual([]);
  }));

  // The source of a rule is forgotten where its port is unknown, so that the rule counts as one that may be open to the internet.
  test.failing('port-parameter: a rule for one security group keeps the internet out, whatever its port', expecting(() => {
    const report = reachability(`
Parameters: { Port: { Type: Number, Default: 8080 } }
Resources: ${publicNetwork()}
  LbSg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: lb, VpcId: !Ref Vpc, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 } ] } }
  TaskSg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: task, VpcId: !Ref Vpc, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: !Ref Port, ToPort: !Ref Port, SourceSecurityGroupId: !GetAtt LbSg.GroupId } ] } }
  Td: { Type: AWS::ECS::TaskDefinition, Properties: { RequiresCompatibilities: [FARGATE], NetworkMode: awsvpc, Cpu: "256", Memory: "512", ContainerDefinitions: [ { Name: c, Image: nginx, PortMappings: [ { ContainerPort: !Ref Port } ] } ] } }
  Svc: { Type: AWS::ECS::Service, Properties: { LaunchType: FARGATE, TaskDefinition: !Ref Td, NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: ENABLED, Subnets: [ !Ref Subnet ], SecurityGroups: [ !GetAtt TaskSg.GroupId ] } } } }
`);
    expect(found(report, /internet-to-service/, 'Svc')).toEqual([]);
  }));

  // A balancer whose scheme is a parameter is judged as a public one, and the violations stop the synthesis of an internal one.
  test.failing('scheme-parameter-counts-as-public: a balancer whose scheme is given later is no violation', expecting(() => {
    const template = `
Parameters: { Scheme: { Type: String, Default: internal, AllowedValues: [internal, internet-facing] } }
Resources:
  Sg: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: vpc-1, SecurityGroupIngress: [ { IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8 } ] } }
  Lb: { Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: { Scheme: !Ref Scheme, Subnets: [ subnet-1, subnet-2 ], SecurityGroups: [ !GetAtt Sg.GroupId ] } }
  L: { Type: AWS::ElasticLoadBalancingV2::Listener, Properties: { LoadBalancerArn: !Ref Lb, Port: 80, Protocol: HTTP, DefaultActions: [ { Type: fixed-response, FixedResponseConfig: { StatusCode: "200" } } ] } }
`;
    expect(violations([...found(reachability(template), /listener/, 'L'), ...found(hardening(template), /alb-(waf|https)/, 'Lb')])).toEqual([]);
  }));
});
