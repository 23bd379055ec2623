import { App, Duration, RemovalPolicy, Stack, Tags, Token, Validations } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { SsmBastion, type SsmBastionProps } from '../../src/access';
import { RedisCache } from '../../src/cache';
import { BackendNetwork } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { allFlags } from '../support/feature-flags';
import { replacements, resourcesOf } from '../support/living-stack';

interface Setting {
  readonly props?: Partial<SsmBastionProps>;
  readonly posture?: Posture;
  readonly egress?: Egress;
  readonly region?: string;
  readonly context?: Record<string, unknown>;
}

function bastion({ props, posture = Posture.development(), egress, region, context }: Setting = {}) {
  const app = new App({ context });
  posture.applyTo(app);
  const stack = new Stack(app, 'Stack', region === undefined ? {} : { env: { region, account: '111111111111' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress, flowLogs: false, restrictDefaultSecurityGroup: false });
  const made = new SsmBastion(stack, 'Bastion', { vpc, ...props });
  return { app, stack, vpc, bastion: made, template: () => Template.fromStack(stack) };
}

function instanceOf(template: Template) {
  const [[id, instance]] = Object.entries(template.findResources('AWS::EC2::Instance', { Properties: { SourceDestCheck: true } }));
  return { id, properties: instance.Properties };
}

describe('the instance', () => {
  test('is a small arm64 one without a key, with IMDSv2, an encrypted volume, and a shutdown that stops it', () => {
    const template = bastion().template();
    template.hasResourceProperties('AWS::EC2::Instance', {
      InstanceType: 't4g.nano',
      KeyName: Match.absent(),
      InstanceInitiatedShutdownBehavior: 'stop',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 8, VolumeType: 'gp3' } }],
    });
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 } },
    });
  });

  test('has an image that no deployment resolves, so a new one is no difference', () => {
    const template = bastion().template();
    expect(Object.values(template.findParameters('*')).map(({ Type }) => Type)).toEqual(['AWS::SSM::Parameter::Value<String>']);
    expect(instanceOf(template).properties.ImageId).toBeUndefined();
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64' },
    });
  });

  test('stays on the first version of its launch template, so that a change of the template does not replace it', () => {
    const { properties } = instanceOf(bastion().template());
    expect(properties.LaunchTemplate.Version).toEqual({ 'Fn::GetAtt': [properties.LaunchTemplate.LaunchTemplateId.Ref, 'DefaultVersionNumber'] });
  });

  test('has the image of its architecture, and another one replaces it', () => {
    // GIVEN
    const arm = bastion();
    const larger = bastion({ props: { instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO) } });
    const intel = bastion({ props: { instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.NANO) } });

    // THEN
    intel.template().hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: { ImageId: Match.stringLikeRegexp('-x86_64$') } });
    expect(replacements(resourcesOf(arm.app), resourcesOf(larger.app))).toEqual([]);
    expect(replacements(resourcesOf(arm.app), resourcesOf(intel.app))).toEqual([expect.stringContaining('is replaced because of LaunchTemplate')]);
  });

  test('is not replaced by a tag on the whole app or by logging', () => {
    // GIVEN
    const plain = bastion();
    const logged = bastion({ props: { sessionLogging: true } });

    // WHEN
    Tags.of(logged.app).add('version', '2');

    // THEN
    expect(JSON.stringify(instanceOf(logged.template()).properties.Tags)).toContain('"version"');
    expect(replacements(resourcesOf(plain.app), resourcesOf(logged.app))).toEqual([]);
    expect(instanceOf(logged.template()).id).toBe(instanceOf(plain.template()).id);
  });

  test('installs the idle detector before anything that may fail, then psql and its own patching', () => {
    const { properties } = instanceOf(bastion({ props: { idleTimeout: Duration.minutes(45) } }).template());
    const script: string = properties.UserData['Fn::Base64'];
    expect(script).toContain('ExecStart=/usr/local/sbin/idle-stop 2700');
    expect(script).toContain('ExecStart=/usr/bin/dnf upgrade --security -y');
    expect(script.indexOf('idle-stop.timer')).toBeLessThan(script.indexOf('dnf install -y postgresql17'));
    expect(script.length).toBeLessThan(16_000);
  });

  test('is another one when its set-up changes', () => {
    const first = instanceOf(bastion().template());
    const second = instanceOf(bastion({ props: { idleTimeout: Duration.hours(1) } }).template());
    expect(second.id).not.toBe(first.id);
  });

  test.each([
    [Duration.minutes(4), '4 minutes'],
    [Duration.seconds(0), '0 seconds'],
  ])('fails for an idle timeout of %p', (idleTimeout, text) => {
    expect(() => bastion({ props: { idleTimeout } })).toThrow(`\`idleTimeout\` must be at least 5 minutes, got ${text}`);
  });

  test('fails for an idle timeout that is a token', () => {
    expect(() => bastion({ props: { idleTimeout: Duration.minutes(Token.asNumber({ Ref: 'Idle' })) } })).toThrow('`idleTimeout` isn\'t known until deployment (it\'s a token)');
  });
});

describe('permissions and paths', () => {
  test('are the five actions of Session Manager and no managed policy', () => {
    const template = bastion().template();
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Resource: '*',
          Action: [
            'ssm:UpdateInstanceInformation',
            'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
          ],
        }],
      },
    });
    Object.values(template.findResources('AWS::IAM::Role')).forEach(({ Properties }) => expect(Properties.ManagedPolicyArns).toBeUndefined());
  });

  test('let nothing in and only HTTPS out', () => {
    const template = bastion().template();
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Bastion: accepts no connection',
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443, IpProtocol: 'tcp', Description: 'Session Manager and Amazon Linux packages' }],
    });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('can be granted more through the role', () => {
    const { stack, bastion: made, template } = bastion();
    new logs.LogGroup(stack, 'Group').grantWrite(made);
    template().hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] })]) } });
    expect(made.role).toBe(made.grantPrincipal);
    expect(made.connections.securityGroups).toHaveLength(1);
  });
});

describe('placement', () => {
  test('is public with an address in development, private in production', () => {
    const development = bastion();
    const production = bastion({ posture: Posture.production() });
    expect(instanceOf(development.template()).properties.NetworkInterfaces).toEqual([expect.objectContaining({ AssociatePublicIpAddress: true })]);
    expect(instanceOf(production.template()).properties.NetworkInterfaces).toEqual([expect.objectContaining({
      AssociatePublicIpAddress: false,
      SubnetId: production.stack.resolve(production.vpc.privateSubnets[0].subnetId),
    })]);
  });

  test('is isolated in a network with endpoints, and works there with logging', () => {
    const { app, stack, vpc, template } = bastion({ egress: Egress.vpcEndpoints(), posture: Posture.production() });
    expect(instanceOf(template()).properties.NetworkInterfaces[0].SubnetId).toEqual(stack.resolve(vpc.isolatedSubnets[0].subnetId));
    expect(() => app.synth()).not.toThrow();
  });

  test('follows an explicit selection', () => {
    const { template } = bastion({ posture: Posture.production(), props: { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } } });
    expect(instanceOf(template()).properties.NetworkInterfaces).toEqual([expect.objectContaining({ AssociatePublicIpAddress: true })]);
  });

  test('fails at synth where Session Manager cannot be reached, naming what is missing', () => {
    // GIVEN
    const app = new App();
    Posture.development().applyTo(app);
    const stack = new Stack(app, 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });

    // WHEN
    new SsmBastion(stack, 'Bastion', { vpc, sessionLogging: true });

    // THEN
    for (const service of ['ssm', 'ssmmessages', 's3', 'logs']) {
      expect(() => app.synth()).toThrow(new RegExp(`Stack/Bastion.*The isolated subnets of the VPC 'Stack/Vpc' can't reach '${service}'`));
    }
  });

  test('warns for isolated subnets of an imported VPC', () => {
    // GIVEN
    const app = new App();
    Posture.development().applyTo(app);
    const stack = new Stack(app, 'Stack');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], isolatedSubnetIds: ['subnet-1'] });

    // WHEN
    new SsmBastion(stack, 'Bastion', { vpc });

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::Instance', { NetworkInterfaces: [Match.objectLike({ SubnetId: 'subnet-1' })] });
    Annotations.fromStack(stack).hasWarning('/Stack/Bastion', Match.stringLikeRegexp('endpoints with private DNS for \'ssm\', \'ssmmessages\', \'s3\''));
  });
});

describe('shell sessions', () => {
  test('have a document of their own, without logging in development', () => {
    const { bastion: made, template } = bastion();
    expect(made.sessionLogGroup).toBeUndefined();
    template().hasResourceProperties('AWS::SSM::Document', {
      DocumentType: 'Session',
      UpdateMethod: 'NewVersion',
      Name: Match.absent(),
      Content: { sessionType: 'Standard_Stream', inputs: Match.objectLike({ cloudWatchLogGroupName: '', cloudWatchStreamingEnabled: false, runAsEnabled: true }) },
    });
  });

  test('are logged in production to a group that outlives the bastion', () => {
    const { stack, bastion: made, template } = bastion({ posture: Posture.production() });
    template().hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain', Properties: { RetentionInDays: 90 } });
    template().hasResourceProperties('AWS::SSM::Document', {
      Content: {
        inputs: Match.objectLike({
          cloudWatchLogGroupName: stack.resolve(made.sessionLogGroup!.logGroupName),
          cloudWatchStreamingEnabled: true,
          cloudWatchEncryptionEnabled: false,
        }),
      },
    });
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'], Resource: stack.resolve(made.sessionLogGroup!.logGroupArn) }),
          Match.objectLike({ Action: 'logs:DescribeLogGroups' }),
        ]),
      },
    });
  });

  test('take retention, removal policy and a key', () => {
    // GIVEN
    const app = new App();
    Posture.development().applyTo(app);
    const stack = new Stack(app, 'Stack');
    const { vpc } = new BackendNetwork(stack, 'Network');
    const key = new kms.Key(stack, 'Key');

    // WHEN
    new SsmBastion(stack, 'Bastion', {
      vpc,
      sessionLogging: true,
      sessionLogRetention: logs.RetentionDays.TEN_YEARS,
      removalPolicy: RemovalPolicy.RETAIN,
      sessionLogEncryptionKey: key,
    });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', Properties: { RetentionInDays: 3653, KmsKeyId: stack.resolve(key.keyArn) } });
    template.hasResourceProperties('AWS::SSM::Document', { Content: { inputs: Match.objectLike({ cloudWatchEncryptionEnabled: true }) } });
  });

  test('can be granted: start, this document, own sessions, nothing else', () => {
    // GIVEN
    const { stack, bastion: made, template } = bastion();
    const user = new iam.User(stack, 'User');

    // WHEN
    made.grantShell(user).assertSuccess();

    // THEN
    const [policy] = Object.values(template().findResources('AWS::IAM::Policy', { Properties: { Users: [{ Ref: Match.anyValue() }] } }));
    expect(policy.Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string }) => Action))
      .toEqual(['ec2:StartInstances', 'ssm:StartSession', 'ssmmessages:OpenDataChannel', 'ssm:TerminateSession', 'ssm:ResumeSession']);
    expect(JSON.stringify(policy)).toContain('BastionShell');
  });

  test('have a command that starts the instance and waits for it', () => {
    const { stack, bastion: made } = bastion();
    const { id } = instanceOf(Template.fromStack(stack));
    const command = JSON.stringify(stack.resolve(made.shellCommand));
    expect(command).toMatch(/aws ec2 start-instances --region .* --instance-ids .* && aws ssm start-session .* --document-name /);
    expect(command).toContain(id);
  });
});

describe('shells of two bastions', () => {
  const userOf = (template: Template) => Object.values(template.findResources('AWS::SSM::Document'))
    .map(({ Properties }) => (Properties as { Content: { inputs: { runAsDefaultUser: string } } }).Content.inputs.runAsDefaultUser);

  test('run as users that only their own instance makes', () => {
    // GIVEN
    const { stack, vpc, template } = bastion();
    new SsmBastion(stack, 'Other', { vpc });

    // WHEN
    const users = userOf(template());

    // THEN
    expect(new Set(users).size).toBe(2);
    users.forEach((user) => {
      expect(user).toMatch(/^[a-z][a-z0-9-]{0,31}$/);
      const made = Object.values(template().findResources('AWS::EC2::Instance', { Properties: { SourceDestCheck: true } }))
        .filter(({ Properties }) => JSON.stringify(Properties).includes(`useradd --create-home --shell /bin/bash ${user}`));
      expect(made).toHaveLength(1);
    });
  });

  test('have other users in another stack, and the same at each synth', () => {
    const build = (name: string) => {
      const stack = new Stack(new App(), name);
      Posture.development().applyTo(stack);
      new SsmBastion(stack, 'Bastion', { vpc: new BackendNetwork(stack, 'Network', { restrictDefaultSecurityGroup: false }).vpc });
      return userOf(Template.fromStack(stack))[0];
    };

    expect(build('One')).toBe(build('One'));
    expect(build('One')).not.toBe(build('Two'));
  });

  test('end after twelve hours, and after twenty minutes without input', () => {
    bastion().template().hasResourceProperties('AWS::SSM::Document', { Content: { inputs: Match.objectLike({ maxSessionDuration: '720', idleSessionTimeout: '20' }) } });
  });

  test('do not concern tunnels, whose documents name no user', () => {
    const { bastion: made, stack, vpc } = bastion();
    made.addTunnel('Cache', { target: new RedisCache(stack, 'Cache', { vpc }) });
    const documents = Object.values(Template.fromStack(stack).findResources('AWS::SSM::Document')).map(({ Properties }) => JSON.stringify(Properties));

    expect(documents.map((document) => [document.includes('"Port"'), document.includes('runAs')])).toEqual(expect.arrayContaining([[true, false], [false, true]]));
  });
});

describe('everywhere', () => {
  test.each(['cn-north-1', 'us-gov-west-1'])('names no partition in %s', (region) => {
    const { stack, bastion: made, template } = bastion({ region, posture: Posture.production() });
    made.grantShell(new iam.User(stack, 'User'));
    const text = JSON.stringify(template().toJSON());
    expect(text).not.toContain('arn:aws:');
  });

  test('two can stand in one stack', () => {
    const { stack, vpc } = bastion();
    new SsmBastion(stack, 'Second', { vpc });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::Instance', 2);
  });

  test('feature flags change nothing about it', () => {
    const only = (template: Template) => Object.fromEntries(Object.entries(template.toJSON().Resources as Record<string, object>).filter(([id]) => id.startsWith('Bastion')));
    expect(only(bastion({ context: allFlags() }).template())).toEqual(only(bastion().template()));
  });

  test('passes the strict validator, with the one finding about the image acknowledged', () => {
    // GIVEN
    const { app, stack } = bastion({ posture: Posture.production(), context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';

    // THEN
    try {
      expect(() => app.synth()).not.toThrow();
    } finally {
      process.env.CDK_VALIDATION = before;
    }
    const template = stack.node.findAll().find((child) => child instanceof ec2.CfnLaunchTemplate)!;
    expect(JSON.stringify(template.node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY))).toContain('E1152');
  });
});
