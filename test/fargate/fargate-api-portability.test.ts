import { Stack, Token, type App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ALL_FLAGS, createCluster, createSecret, developmentApp, exportsOf, IMAGE, productionApp, TestBinding } from './fixture';
import { BackendCluster, FargateApi } from '../../src/fargate';

function everything(app: App, region?: string): Template {
  const { stack, cluster } = createCluster(app, { env: region === undefined ? undefined : { account: '111111111111', region } });
  const connectTo = [new TestBinding(() => ({ certificateAuthority: createSecret(stack, 'Ca', 'ca') }))];
  new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo, enableExecuteCommand: true, writablePaths: ['/data'], minTasks: 1, maxTasks: 4 });
  return Template.fromStack(stack);
}

test.each([['aws', 'eu-west-1'], ['aws-cn', 'cn-north-1'], ['aws-us-gov', 'us-gov-west-1']])('nothing of another partition stands in a template for %s', (_partition, region) => {
  // WHEN
  const text = JSON.stringify(everything(developmentApp(), region).toJSON());

  // THEN
  expect(text).not.toContain('arn:aws:');
  expect(text.replace(/"Service":"[a-z0-9-]+\.amazonaws\.com"/g, '')).not.toContain('amazonaws.com');
});

test('feature flags, unset or all recommended, change nothing that a FargateApi makes', () => {
  // GIVEN
  const own = (template: Template) => Object.fromEntries(Object.entries(template.toJSON().Resources as object).filter(([id]) => id.startsWith('Api')));

  // WHEN
  const [unset, recommended] = [everything(productionApp()), everything(productionApp({ context: ALL_FLAGS }))];

  // THEN
  const comparable = (template: Template) => {
    const { ApiTaskDefinitionTaskRoleDefaultPolicy32681050: _task, ApiTaskDefinitionExecutionRoleDefaultPolicyCB19A6A1: _execution, ...rest } = own(template) as { [id: string]: unknown };
    return JSON.parse(JSON.stringify(rest).replace(/\$\{AWS::[^}]*\}/g, '')) as unknown;
  };
  expect(comparable(recommended)).toEqual(comparable(unset));
  expect(Object.keys(own(recommended)).sort()).toEqual(Object.keys(own(unset)).sort());
});

test('two of the same live in one stack', () => {
  // GIVEN
  const { stack, cluster } = createCluster();

  // WHEN
  ['First', 'Second'].forEach((id) => new FargateApi(stack, id, { cluster, image: IMAGE }));

  // THEN
  Template.fromStack(stack).resourceCountIs('AWS::ECS::Service', 2);
});

test('an imported cluster in an imported VPC works', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Stack');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'], privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
  });
  const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'existing', vpc });

  // WHEN
  new FargateApi(stack, 'Api', { cluster, image: IMAGE, minTasks: 1, maxTasks: 2 });

  // THEN
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ECS::Service', { Cluster: 'existing', NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ Subnets: ['subnet-1', 'subnet-2'] }) } });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { ResourceId: { 'Fn::Join': ['', ['service/existing/', { 'Fn::GetAtt': [Match.anyValue(), 'Name'] }]] } });
});

test('a cluster whose name is known only at deployment works', () => {
  // GIVEN
  const { stack, vpc } = createCluster();
  const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Imported', { clusterName: Token.asString({ 'Fn::ImportValue': 'cluster' }), vpc });

  // WHEN
  new FargateApi(stack, 'Api', { cluster, image: IMAGE });

  // THEN
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', { Cluster: { 'Fn::ImportValue': 'cluster' } });
});

test('other stacks refer to a service without exports that would hold it', () => {
  // GIVEN
  const app = developmentApp();
  const { stack, vpc } = createCluster(app);
  const cluster = new BackendCluster(stack, 'Shared', { vpc });
  const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
  const consumer = new Stack(app, 'Consumer');

  // WHEN
  new ec2.CfnSecurityGroupIngress(consumer, 'Rule', {
    groupId: api.connections.securityGroups[0].securityGroupId, ipProtocol: 'tcp', fromPort: api.port, toPort: api.port, description: `${api.service.serviceName} ${api.logGroup.logGroupName}`,
  });

  // THEN
  Template.fromStack(consumer).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  expect(exportsOf(stack)).toEqual([]);
  expect(consumer.dependencies).toEqual([stack]);
});

test('the same app gives the same template, whatever the order of maps', () => {
  // GIVEN
  const template = (environment: { [name: string]: string }) => {
    const { stack, cluster } = createCluster();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, environment });
    return JSON.stringify(Template.fromStack(stack).toJSON());
  };

  // THEN
  expect(template({ A: '1', B: '2', C: '3' })).toBe(template({ C: '3', A: '1', B: '2' }));
});
