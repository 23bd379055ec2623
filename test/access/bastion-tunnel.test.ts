import { App, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SsmBastion } from '../../src/access';
import { type INetworkEndpoint } from '../../src/binding';
import { BackendNetwork } from '../../src/network';
import { Posture } from '../../src/posture';
import { referWeakly } from '../../src/private/cross-stack';

function setting(env?: { region: string; account: string }) {
  const app = new App();
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Stack', { env });
  const { vpc } = new BackendNetwork(stack, 'Network');
  return { app, stack, vpc, env };
}

function server(scope: Stack, vpc: ec2.IVpc, overrides: Partial<INetworkEndpoint> = {}): INetworkEndpoint & { group: ec2.SecurityGroup } {
  const group = new ec2.SecurityGroup(scope, 'Server', { vpc, allowAllOutbound: false });
  referWeakly(group);
  return { endpoint: 'db.internal', port: 5432, connections: new ec2.Connections({ securityGroups: [group] }), group, ...overrides };
}

function tunnelDocument(template: Template) {
  const [[id, document]] = Object.entries(template.findResources('AWS::SSM::Document', { Properties: { Content: { sessionType: 'Port' } } }));
  return { id, content: document.Properties.Content };
}

describe('the session document', () => {
  test('pins host and port, so that a person can only choose the local port', () => {
    // GIVEN
    const { stack, vpc } = setting();

    // WHEN
    new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: server(stack, vpc) });

    // THEN
    const { content } = tunnelDocument(Template.fromStack(stack));
    expect(content.properties).toEqual({ type: 'LocalPortForwarding', host: 'db.internal', portNumber: '5432', localPortNumber: '{{ localPortNumber }}' });
    expect(Object.keys(content.parameters)).toEqual(['localPortNumber']);
    expect(content.parameters.localPortNumber.default).toBe('5432');
    const pattern = new RegExp(content.parameters.localPortNumber.allowedPattern);
    const allowed = Array.from({ length: 100_000 }, (_, port) => port).filter((port) => pattern.test(String(port)));
    expect([allowed[0], allowed.at(-1), allowed.length]).toEqual([1, 65535, 65535]);
  });

  test('takes a host and a port that are known at deployment only', () => {
    // GIVEN
    const { stack, vpc } = setting();
    const target = server(stack, vpc, {
      endpoint: Token.asString({ 'Fn::GetAtt': ['Db', 'Endpoint.Address'] }),
      port: Token.asNumber({ 'Fn::GetAtt': ['Db', 'Endpoint.Port'] }),
    });

    // WHEN
    new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target });

    // THEN
    const { content } = tunnelDocument(Template.fromStack(stack));
    expect(content.properties).toMatchObject({ host: { 'Fn::GetAtt': ['Db', 'Endpoint.Address'] }, portNumber: { 'Fn::GetAtt': ['Db', 'Endpoint.Port'] } });
    expect(content.parameters.localPortNumber.default).toEqual({ 'Fn::GetAtt': ['Db', 'Endpoint.Port'] });
  });

  test('takes another local port', () => {
    const { stack, vpc } = setting();
    const tunnel = new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: server(stack, vpc), localPort: 15432 });
    expect(tunnel.localPort).toBe(15432);
    expect(tunnelDocument(Template.fromStack(stack)).content.parameters.localPortNumber.default).toBe('15432');
    expect(tunnel.help).toContain('localhost:15432');
  });

  test.each([0, 65536, 1.5, -1])('fails for local port %p', (localPort) => {
    const { stack, vpc } = setting();
    expect(() => new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: server(stack, vpc), localPort }))
      .toThrow(`\`localPort\` must be a whole number from 1 to 65535, got ${localPort}. (at 'Stack/Bastion/Tunnels/Postgres')`);
  });
});

describe('the path', () => {
  test('is opened from the bastion to the target and nowhere else', () => {
    // GIVEN
    const { stack, vpc } = setting();
    const target = server(stack, vpc);

    // WHEN
    const bastion = new SsmBastion(stack, 'Bastion', { vpc });
    bastion.addTunnel('Postgres', { target });

    // THEN
    const template = Template.fromStack(stack);
    const [bastionGroup] = bastion.connections.securityGroups;
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: stack.resolve(target.group.securityGroupId),
      SourceSecurityGroupId: stack.resolve(bastionGroup.securityGroupId),
      FromPort: 5432,
      ToPort: 5432,
      IpProtocol: 'tcp',
    });
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', {
      GroupId: stack.resolve(bastionGroup.securityGroupId),
      DestinationSecurityGroupId: stack.resolve(target.group.securityGroupId),
      FromPort: 5432,
      ToPort: 5432,
    });
  });

  test('is opened once for two tunnels to the same group and port', () => {
    const { stack, vpc } = setting();
    const target = server(stack, vpc);
    const bastion = new SsmBastion(stack, 'Bastion', { vpc });
    bastion.addTunnel('Writer', { target });
    bastion.addTunnel('Reader', { target: { ...target, endpoint: 'reader.internal' }, localPort: 5433 });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    Template.fromStack(stack).resourcePropertiesCountIs('AWS::SSM::Document', { Content: { sessionType: 'Port' } }, 2);
  });

  test('leaves an imported group that must not change alone', () => {
    const { stack, vpc } = setting();
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Imported', 'sg-1', { mutable: false });
    new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: { endpoint: 'db', port: 5432, connections: new ec2.Connections({ securityGroups: [group] }) } });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { DestinationSecurityGroupId: 'sg-1', FromPort: 5432 });
  });

  test('fails for a target without a security group', () => {
    const { stack, vpc } = setting();
    expect(() => new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: { endpoint: 'db', port: 5432, connections: new ec2.Connections() } }))
      .toThrow('`target` must have a security group, because the tunnel adds a rule to it.');
  });

  test('fails for a second tunnel of the same id', () => {
    const { stack, vpc } = setting();
    const bastion = new SsmBastion(stack, 'Bastion', { vpc });
    bastion.addTunnel('Postgres', { target: server(stack, vpc) });
    expect(() => bastion.addTunnel('Postgres', { target: server(new Stack(), vpc) })).toThrow(/with the id 'Postgres' before.*Props\.duplicateId/);
  });
});

describe('a target in another stack', () => {
  test('keeps its rules in the bastion\'s stack, without an export', () => {
    // GIVEN
    const { app, stack, vpc } = setting();
    const target = server(stack, vpc);
    const access = new Stack(app, 'Access');

    // WHEN
    new SsmBastion(access, 'Bastion', { vpc }).addTunnel('Postgres', { target });

    // THEN
    Template.fromStack(access).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    Object.values(Template.fromStack(stack).findOutputs('*')).forEach((output) => expect(output.Export).toBeUndefined());
  });

  test('fails where that stack depends on the bastion\'s', () => {
    const { app, stack, vpc } = setting();
    const data = new Stack(app, 'Data');
    const target = server(data, vpc);
    data.addStackDependency(stack);
    expect(() => new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target }))
      .toThrow("'Data/Server' can't be used here: its stack 'Data' depends on this stack 'Stack', so the two stacks would depend on each other. A bastion and its tunnels depend on their targets, never the reverse.");
  });
});

describe('grantConnect', () => {
  function granted(env?: { region: string; account: string }) {
    const { stack, vpc } = setting(env);
    const bastion = new SsmBastion(stack, 'Bastion', { vpc });
    const tunnel = bastion.addTunnel('Postgres', { target: server(stack, vpc) });
    bastion.addTunnel('Other', { target: server(new Stack(), vpc, { endpoint: 'other', connections: new ec2.Connections({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Sg', 'sg-2')] }) }) });
    tunnel.grantConnect(new iam.User(stack, 'User')).assertSuccess();
    const template = Template.fromStack(stack);
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Users: [{ Ref: Match.anyValue() }] } }));
    return { stack, bastion, tunnel, statements: policy.Properties.PolicyDocument.Statement, template };
  }

  test('allows to start the instance, open this tunnel, end and resume own sessions, and nothing else', () => {
    // GIVEN
    const { stack, bastion, tunnel, statements } = granted();
    const partition = { Ref: 'AWS::Partition' };
    const region = { Ref: 'AWS::Region' };
    const account = { Ref: 'AWS::AccountId' };
    const sessions = { 'Fn::Join': ['', ['arn:', partition, ':ssm:', region, ':', account, ':session/*']] };
    const instance = { 'Fn::Join': ['', ['arn:', partition, ':ec2:', region, ':', account, ':instance/', stack.resolve(bastion.instance.instanceId)]] };

    // THEN
    expect(statements).toEqual([
      { Effect: 'Allow', Action: 'ec2:StartInstances', Resource: instance },
      {
        Effect: 'Allow',
        Action: 'ssm:StartSession',
        Resource: [instance, { 'Fn::Join': ['', ['arn:', partition, ':ssm:', region, ':', account, ':document/', stack.resolve(tunnel.documentName)]] }],
        Condition: { BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } },
      },
      { Effect: 'Allow', Action: 'ssmmessages:OpenDataChannel', Resource: sessions },
      {
        Effect: 'Allow',
        Action: ['ssm:TerminateSession', 'ssm:ResumeSession'],
        Resource: sessions,
        Condition: { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } },
      },
    ]);
  });

  test('names the right partition in China', () => {
    const { template } = granted({ region: 'cn-north-1', account: '111111111111' });
    expect(JSON.stringify(template.toJSON())).not.toContain('arn:aws:');
  });

  test('works for a role in another stack', () => {
    // GIVEN
    const { app, stack, vpc } = setting();
    const tunnel = new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: server(stack, vpc) });
    const people = new Stack(app, 'People');

    // WHEN
    tunnel.grantConnect(new iam.Role(people, 'Developers', { assumedBy: new iam.AccountRootPrincipal() }));

    // THEN
    Template.fromStack(people).resourceCountIs('AWS::IAM::Policy', 1);
    Object.values(Template.fromStack(stack).findOutputs('*')).forEach((output) => expect(output.Export).toBeUndefined());
  });
});

describe('what a person is told', () => {
  test('is one command that starts the bastion and opens the tunnel', () => {
    const { stack, vpc } = setting();
    const tunnel = new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: server(stack, vpc) });
    const command = JSON.stringify(stack.resolve(tunnel.connectCommand));
    expect(command).toContain('aws ec2 start-instances --region ');
    expect(command).toContain('aws ssm start-session --region ');
    expect(command).toContain(tunnelDocument(Template.fromStack(stack)).id);
  });

  test('names the plug-in that is a separate install', () => {
    const { stack, vpc } = setting();
    const { help } = new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: server(stack, vpc) });
    expect(help).toContain('Session Manager plugin, a separate install');
    expect(help).toContain('session-manager-working-with-install-plugin.html');
    expect(help).toContain('localhost:5432');
  });
});
