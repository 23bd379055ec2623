import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { createCluster, createEndpoint, createSecret, createVpc, developmentApp, exportsOf, IMAGE, TestBinding } from './fixture';
import { ServiceBinding } from '../../src/binding';
import { BackendCluster, FargateApi } from '../../src/fargate';

describe('environment and secrets', () => {
  test('a binding is asked once, with the service as scope, and its answer merged in the order of names', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const secret = createSecret(stack, 'Secret', 'url');
    const binding = new TestBinding(() => ({ environment: { POOL: '5' }, secrets: { DATABASE_URL: secret } }));

    // WHEN
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [binding], environment: { LEVEL: 'info' }, minTasks: 1, maxTasks: 7 });

    // THEN
    expect(binding.asked).toEqual([{ scope: api, options: { maxTasks: 7 } }]);
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({
        Environment: [{ Name: 'LEVEL', Value: 'info' }, { Name: 'POOL', Value: '5' }, { Name: 'PORT', Value: '8080' }],
        Secrets: [{ Name: 'DATABASE_URL', ValueFrom: Match.anyValue() }],
      })],
    });
  });

  test('fails where two bindings give one name different values, saying how to keep them apart', () => {
    const { stack, cluster } = createCluster();
    const connectTo = ['a', 'b'].map((value) => new TestBinding(() => ({ environment: { DATABASE_URL: value } })));
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo }))
      .toThrow(/'DATABASE_URL' has two different values, from `connectTo\[0\]` and from `connectTo\[1\]`.*ServiceBinding.withPrefix\('ORDERS', user\).*'ORDERS_DATABASE_URL'/);
  });

  test('fails where a binding gives what environment gives already, also as a secret', () => {
    const { stack, cluster } = createCluster();
    const connectTo = [new TestBinding(() => ({ secrets: { TOKEN: createSecret(stack, 'Secret') } }))];
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo, environment: { TOKEN: 'x' } })).toThrow(/'TOKEN' has two different values, from `environment` and from `connectTo\[0\]`/);
  });

  test('the same value from two bindings is no conflict', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const secret = createSecret(stack, 'Secret');
    const connectTo = [1, 2].map(() => new TestBinding(() => ({ environment: { PGSSLROOTCERT: '/ca.pem' }, secrets: { SHARED: secret } })));

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo });

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'PGSSLROOTCERT', Value: '/ca.pem' }]), Secrets: [Match.objectLike({ Name: 'SHARED' })] })],
    });
  });

  test('a prefix keeps two bindings apart', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const binding = (value: string) => new TestBinding(({ prefix }) => ({ environment: { [`${prefix ?? 'NO'}_URL`]: value } }));

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [ServiceBinding.withPrefix('ORDERS', binding('a')), ServiceBinding.withPrefix('USERS', binding('b'))] });

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'ORDERS_URL', Value: 'a' }, { Name: 'USERS_URL', Value: 'b' }]) })],
    });
  });
});

describe('network paths', () => {
  test('exactly the path to the target is opened, on both sides, and the service waits for it', () => {
    // GIVEN
    const { stack, vpc, cluster } = createCluster();
    const target = createEndpoint(stack, 'Database', vpc);

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({ targets: [target] }))] });

    // THEN
    const template = Template.fromStack(stack);
    const [service, database] = [{ 'Fn::GetAtt': ['ApiSecurityGroup2D7B9747', 'GroupId'] }, { 'Fn::GetAtt': [Match.stringLikeRegexp('^Database'), 'GroupId'] }];
    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', { GroupId: database, SourceSecurityGroupId: service, IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 }, 1);
    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', { GroupId: service, DestinationSecurityGroupId: database, IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 }, 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    const rules = [...Object.keys(template.findResources('AWS::EC2::SecurityGroupIngress')), ...Object.keys(template.findResources('AWS::EC2::SecurityGroupEgress'))];
    template.hasResource('AWS::ECS::Service', { DependsOn: Match.arrayWith(rules.sort()) });
  });

  test('two bindings to one target open one path', () => {
    // GIVEN
    const { stack, vpc, cluster } = createCluster();
    const target = createEndpoint(stack, 'Database', vpc);

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({ targets: [target] })), new TestBinding(() => ({ targets: [target] }))] });

    // THEN
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  });

  test('the rules of both sides stand in the stack of the service, and nothing is exported', () => {
    // GIVEN
    const app = developmentApp();
    const producer = new Stack(app, 'Producer');
    const vpc = createVpc(producer);
    const cluster = new BackendCluster(producer, 'Cluster', { vpc });
    const target = createEndpoint(producer, 'Database', vpc);
    const consumer = new Stack(app, 'Consumer');

    // WHEN
    new FargateApi(consumer, 'Api', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({ targets: [target] }))] });

    // THEN
    Template.fromStack(producer).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    Template.fromStack(consumer).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    Template.fromStack(consumer).resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
    expect(consumer.dependencies).toEqual([producer]);
    expect(producer.dependencies).toEqual([]);
    expect(exportsOf(consumer)).toEqual([]);
  });

  test('an imported group that must not change stays as it is', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Fixed', 'sg-11111111', { mutable: false });
    const target = { endpoint: 'server.example', port: 5432, connections: new ec2.Connections({ securityGroups: [group] }) };

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({ targets: [target] }))] });

    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { DestinationSecurityGroupId: 'sg-11111111' });
  });
});

describe('dependencies', () => {
  test('only the service waits for what a binding names', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const topic = new sns.Topic(stack, 'Topic');

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({ dependencies: [topic] }))] });

    // THEN
    const resources = Template.fromStack(stack).toJSON().Resources as { [id: string]: { Type: string; DependsOn?: string[] } };
    const waiting = Object.values(resources).filter((resource) => resource.DependsOn?.some((id) => id.startsWith('Topic')));
    expect(waiting.map((resource) => resource.Type)).toEqual(['AWS::ECS::Service']);
  });
});

describe('certificate authorities', () => {
  test('a first container writes them to a volume that the service can only read', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const connectTo = ['First', 'Second'].map((id) => new TestBinding(() => ({ certificateAuthority: createSecret(stack, id, 'ca') })));

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo });

    // THEN
    const directory = '/run/cdk-private-backend/ca';
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      Volumes: [{ Name: 'certificate-authorities' }],
      ContainerDefinitions: [
        Match.objectLike({
          Name: 'Service',
          DependsOn: [{ ContainerName: 'CertificateAuthorities', Condition: 'SUCCESS' }],
          MountPoints: [{ ContainerPath: directory, ReadOnly: true, SourceVolume: 'certificate-authorities' }],
          Secrets: Match.absent(),
        }),
        Match.objectLike({
          Name: 'CertificateAuthorities',
          Essential: false,
          User: '65532:65532',
          ReadonlyRootFilesystem: true,
          EntryPoint: ['sh', '-c'],
          MountPoints: [{ ContainerPath: directory, ReadOnly: false, SourceVolume: 'certificate-authorities' }],
          Secrets: [
            { Name: 'CA_0', ValueFrom: { 'Fn::Join': ['', [{ Ref: Match.stringLikeRegexp('^First') }, ':ca::']] } },
            { Name: 'CA_1', ValueFrom: { 'Fn::Join': ['', [{ Ref: Match.stringLikeRegexp('^Second') }, ':ca::']] } },
          ],
        }),
      ],
    });
  });

  test('without one there is one container and no volume', () => {
    const { stack, cluster } = createCluster();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [new TestBinding(() => ({}))] });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { Volumes: Match.absent(), ContainerDefinitions: [Match.objectLike({ Name: 'Service' })] });
  });
});
