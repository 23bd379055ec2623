import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { clusterTemplate, newCluster, resourcesOf } from './cluster-fixture';
import { BackendCluster, FargateApi, SelfHostedPostgres, SsmBastion } from '../../../src';

describe('the load balancer', () => {
  const template = clusterTemplate();

  test('is internal, reaches all zones, and refuses to be deleted in production', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Type: 'network',
      Scheme: 'internal',
      SecurityGroups: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^PostgresNetworkBalancerGroup'), 'GroupId'] }],
      LoadBalancerAttributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }, { Key: 'load_balancing.cross_zone.enabled', Value: 'true' }],
    });
  });

  test.each([[5432, '/primary'], [5433, '/replica']])('leads from port %i to the addresses of nodes that answer %s with 200, and asks every 5 seconds over TLS', (port, path) => {
    const [[id, targets]] = resourcesOf(template, 'AWS::ElasticLoadBalancingV2::TargetGroup').filter(([, { Properties }]) => Properties.HealthCheckPath === path);
    expect(targets.Properties).toMatchObject({
      TargetType: 'ip',
      Protocol: 'TCP',
      Port: 5432,
      HealthCheckProtocol: 'HTTPS',
      HealthCheckPort: '8008',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      Targets: [1, 2, 3].map((node) => ({ Id: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^PostgresNode${node}Interface`)), 'PrimaryPrivateIpAddress'] }, Port: 5432 })),
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: port, Protocol: 'TCP', DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: id } }] });
  });

  test('ends connections to a node that fails its check, and hides the addresses of clients', () => {
    template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      TargetGroupAttributes: Match.arrayWith([
        { Key: 'preserve_client_ip.enabled', Value: 'false' },
        { Key: 'target_health_state.unhealthy.connection_termination.enabled', Value: 'true' },
      ]),
    });
  });
});

describe('clients', () => {
  test('of the cluster and of its replicas get a way to the one port that they use', () => {
    const { stack, vpc, postgres } = newCluster();
    const cluster = new BackendCluster(stack, 'Cluster', { vpc });
    new FargateApi(stack, 'Api', { cluster, image: ContainerImage.fromRegistry('nginx:1.29'), connectTo: [postgres.addUser('Api')] });
    new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Replicas', { target: postgres.reader });
    const rules = resourcesOf(Template.fromStack(stack), 'AWS::EC2::SecurityGroupIngress').filter(([id]) => /BalancerGroupfrom/.test(id));
    expect(rules.map(([, { Properties: { FromPort, SourceSecurityGroupId } }]) => [FromPort, /(Api|Sql|Bastion)/.exec(JSON.stringify(SourceSecurityGroupId))?.[0]]).sort()).toEqual([[5432, 'Api'], [5432, 'Sql'], [5433, 'Bastion']]);
  });

  test('find the nodes in their order', () => {
    const { stack, postgres } = newCluster();
    expect(stack.resolve(postgres._hosts())).toEqual([1, 2, 3].map((node) => ({ 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^PostgresNode${node}Interface`)), 'PrimaryPrivateIpAddress'] })));
  });

  test('see the groups that are passed, which are opened to the nodes unless they are immutable', () => {
    const templateWith = (mutable: boolean) => {
      const { stack, vpc } = newCluster();
      const own = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Own', 'sg-11111111', { mutable, allowAllOutbound: false });
      new SelfHostedPostgres(stack, 'Other', { vpc, securityGroups: [own] });
      return Template.fromStack(stack);
    };
    const rules = (template: Template) => Object.values(template.findResources('AWS::EC2::SecurityGroupEgress', { Properties: { GroupId: 'sg-11111111' } }));
    templateWith(true).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { SecurityGroups: ['sg-11111111'] });
    expect(rules(templateWith(true)).map(({ Properties: { FromPort } }) => FromPort)).toEqual([5432, 8008]);
    expect(rules(templateWith(false))).toEqual([]);
  });

  test('of another stack refer to load balancer, nodes and bucket without an export', () => {
    const { app, stack, vpc, postgres } = newCluster();
    const other = new Stack(app, 'Other');
    const cluster = new BackendCluster(other, 'Cluster', { vpc });
    const environment = { NODES: postgres._hosts().join(','), BACKUPS: postgres.backups.bucketName, READER: postgres.reader.endpoint };
    new FargateApi(other, 'Api', { cluster, image: ContainerImage.fromRegistry('nginx:1.29'), connectTo: [postgres.addUser('Api')], environment });
    const template = JSON.stringify(Template.fromStack(other).toJSON());
    expect(template).not.toContain('Fn::ImportValue');
    expect(JSON.stringify(Template.fromStack(stack).findOutputs('*'))).not.toContain('Export');
    expect(template.match(/"OutputName":"PublishOutput\w*(Interface|Balancer|Backups)/g)?.length).toBeGreaterThan(4);
  });
});
