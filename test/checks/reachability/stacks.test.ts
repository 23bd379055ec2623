import { App, CfnCondition, CfnParameter, CfnResource, CrossStackReferences, Fn, NestedStack, ReferenceStrength, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import { checked, expectFindings, findingsOf } from './support';

const ENGINE = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });

function network(scope: Stack): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24 },
      { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
      { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
    ],
  });
}

function database(scope: Stack, vpc: ec2.IVpc, id = 'Db'): rds.DatabaseInstance {
  return new rds.DatabaseInstance(scope, id, { vpc, engine: ENGINE, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
}

function worker(scope: Stack, vpc: ec2.IVpc, host: string): lambda.Function {
  return new lambda.Function(scope, 'Worker', {
    vpc, runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => 1;'), environment: { HOST: host },
  });
}

describe('several stacks', () => {
  test.each([['exports', false], ['weak references', true]])('a database in one stack and its client in another, joined by %s', (_, weak) => {
    // GIVEN
    const build = (allow: boolean) => {
      const app = new App();
      const data = new Stack(app, 'Data');
      const vpc = network(data);
      const db = database(data, vpc);
      if (weak) {
        data.node.findAll().filter(CfnResource.isCfnResource).forEach((resource) => CrossStackReferences.of(resource).produce(ReferenceStrength.WEAK));
      }
      const client = worker(new Stack(app, 'Code'), vpc, db.instanceEndpoint.hostname);
      if (allow) {
        client.connections.allowTo(db, ec2.Port.tcp(5432));
      }
      return app;
    };
    // THEN
    const app = build(true);
    expectFindings(findingsOf(app), []);
    expect(JSON.stringify(app.synth().getStackByName('Code').template)).toContain(weak ? 'Fn::GetStackOutput' : 'Fn::ImportValue');
    expectFindings(findingsOf(build(false)), [/violation client-to-store Code\/Worker\/Resource: Code\/Worker is given database Data\/Db .*security group Data\/Db\/SecurityGroup has no ingress rule for TCP 5432 from security group Code\/Worker\/SecurityGroup/]);
  });

  test('a nested stack is a part of its parent', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const db = database(stack, vpc);
    const nested = new NestedStack(stack, 'Nested');
    worker(nested, vpc, db.instanceEndpoint.hostname);
    expectFindings(findingsOf(app), [/violation client-to-store Data\/Nested\/Worker\/Resource: .*security group Data\/Db\/SecurityGroup has no ingress rule for TCP 5432 from security group Data\/Nested\/Worker\/SecurityGroup/]);
  });

  test('rules of a nested stack count for groups of its parent', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const db = database(stack, vpc);
    const client = worker(new NestedStack(stack, 'Nested'), vpc, db.instanceEndpoint.hostname);
    new ec2.CfnSecurityGroupIngress(stack, 'Rule', {
      groupId: db.connections.securityGroups[0].securityGroupId, ipProtocol: 'tcp', fromPort: 5432, toPort: 5432, sourceSecurityGroupId: client.connections.securityGroups[0].securityGroupId,
    });
    expectFindings(findingsOf(app), []);
  });

  test('fails in the outcome of a condition that opens no way, and says which', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const db = database(stack, vpc);
    const client = worker(stack, vpc, db.instanceEndpoint.hostname);
    const stage = new CfnParameter(stack, 'Stage');
    const isProduction = new CfnCondition(stack, 'IsProduction', { expression: Fn.conditionEquals(stage.valueAsString, 'prod') });
    const rule = new ec2.CfnSecurityGroupIngress(stack, 'Rule', {
      groupId: db.connections.securityGroups[0].securityGroupId, ipProtocol: 'tcp', fromPort: 5432, toPort: 5432, sourceSecurityGroupId: client.connections.securityGroups[0].securityGroupId,
    });
    rule.cfnOptions.condition = isProduction;
    expectFindings(findingsOf(app), [/violation client-to-store Data\/Worker\/Resource: .*has no ingress rule.*\(when .*Stage.* is not 'prod'\)/]);
  });

  test('fails where a choice makes a database public in one outcome', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const db = new rds.DatabaseInstance(stack, 'Db', { vpc, engine: ENGINE, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    new CfnCondition(stack, 'Open', { expression: Fn.conditionEquals(new CfnParameter(stack, 'Public').valueAsString, 'yes') });
    (db.node.defaultChild as rds.CfnDBInstance).addPropertyOverride('PubliclyAccessible', { 'Fn::If': ['Open', true, false] });
    db.connections.allowFromAnyIpv4(ec2.Port.tcp(5432));
    expectFindings(findingsOf(app), [/violation internet-to-store Data\/Db\/Resource: .*\(when .*Public.* is 'yes'\)/, /advice rule-any-source/]);
  });

  test('undecided in a VPC that is not made in the app', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
      isolatedSubnetIds: ['subnet-3', 'subnet-4'],
      privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
      isolatedSubnetRouteTableIds: ['rtb-3', 'rtb-4'],
    });
    const db = database(stack, vpc);
    const client = worker(stack, vpc, db.instanceEndpoint.hostname);
    client.connections.allowTo(db, ec2.Port.tcp(5432));
    expectFindings(findingsOf(app), [/undecided client-to-store Main\/Worker\/Resource: .*subnets 'subnet-1' and 'subnet-3' are in one VPC is not known: it is not made in this app/]);
  });

  test('fails in a VPC that is not made in the app where groups of the app already say no', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'], isolatedSubnetIds: ['subnet-3'] });
    const db = database(stack, vpc);
    worker(stack, vpc, db.instanceEndpoint.hostname);
    expectFindings(findingsOf(app), [/violation client-to-store Main\/Worker\/Resource: .*security group Main\/Db\/SecurityGroup has no ingress rule for TCP 5432/]);
  });

  test('undecided where subnets are a parameter', () => {
    const app = new App();
    const stack = new Stack(app, 'Main');
    const subnets = new CfnParameter(stack, 'Subnets', { type: 'List<AWS::EC2::Subnet::Id>' });
    const group = new CfnResource(stack, 'Group', { type: 'AWS::EC2::SecurityGroup', properties: { GroupDescription: 'x', VpcId: 'vpc-1' } });
    new CfnResource(stack, 'Definition', { type: 'AWS::ECS::TaskDefinition', properties: { RequiresCompatibilities: ['FARGATE'], ContainerDefinitions: [{ Image: 'nginx' }] } }).overrideLogicalId('Definition');
    new CfnResource(stack, 'Service', {
      type: 'AWS::ECS::Service',
      properties: { LaunchType: 'FARGATE', TaskDefinition: Fn.ref('Definition'), NetworkConfiguration: { AwsvpcConfiguration: { Subnets: subnets.valueAsList, SecurityGroups: [group.getAtt('GroupId')] } } },
    });
    expectFindings(findingsOf(app), [/undecided task-image Main\/Service: whether Main\/Service reaches the registry of nginx is not known: from subnet .*given at deployment/]);
  });

  test('stacks of two regions are judged apart', () => {
    const app = new App();
    for (const region of ['eu-west-1', 'us-east-1']) {
      const stack = new Stack(app, `In-${region}`, { env: { account: '111111111111', region } });
      const vpc = network(stack);
      worker(stack, vpc, database(stack, vpc).instanceEndpoint.hostname);
    }
    expectFindings(findingsOf(app), [/client-to-store In-eu-west-1\/Worker/, /client-to-store In-us-east-1\/Worker/]);
  });

  test('undecided where the network is in a stack of another region', () => {
    const app = new App();
    const env = (region: string) => ({ env: { account: '111111111111', region } });
    const far = new CfnResource(new Stack(app, 'Far', env('us-east-1')), 'Subnet', { type: 'AWS::EC2::Subnet', properties: { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/24' } });
    const stack = new Stack(app, 'Near', env('eu-west-1'));
    CrossStackReferences.of(far).produce(ReferenceStrength.WEAK);
    new CfnResource(stack, 'Definition', { type: 'AWS::ECS::TaskDefinition', properties: { RequiresCompatibilities: ['FARGATE'], ContainerDefinitions: [{ Image: 'nginx' }] } }).overrideLogicalId('Definition');
    new CfnResource(stack, 'Service', {
      type: 'AWS::ECS::Service', properties: { LaunchType: 'FARGATE', TaskDefinition: Fn.ref('Definition'), NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [far.ref], SecurityGroups: ['sg-1'] } } },
    });
    expectFindings(findingsOf(app), [/undecided task-image Near\/Service/]);
  });

  test('a finding that was acknowledged with a reason stops nothing', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const client = worker(stack, vpc, database(stack, vpc).instanceEndpoint.hostname);
    Validations.of(client).acknowledge({ id: 'reachability-client-to-store', reason: 'It only prints the name.' });
    const report = checked(app).report();
    expect(report.success).toBe(true);
    expect(report.findings).toEqual([expect.objectContaining({ ruleId: 'reachability-client-to-store', outcome: 'acknowledged', acknowledgement: 'It only prints the name.' })]);
  });

  test('a rule for the default port of the database, as the CDK writes it', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const db = database(stack, vpc);
    db.connections.allowDefaultPortFrom(worker(stack, vpc, db.instanceEndpoint.hostname));
    expectFindings(findingsOf(app), []);
  });

  test('an Aurora cluster and a service that has its secret', () => {
    const app = new App();
    const stack = new Stack(app, 'Data');
    const vpc = network(stack);
    const cluster = new rds.DatabaseCluster(stack, 'Db', {
      vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_4 }), writer: rds.ClusterInstance.serverlessV2('Writer'),
    });
    const task = new ecs.FargateTaskDefinition(stack, 'Task');
    task.addContainer('Main', { image: ecs.ContainerImage.fromRegistry('nginx'), secrets: { PASSWORD: ecs.Secret.fromSecretsManager(cluster.secret!, 'password') } });
    new ecs.FargateService(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), taskDefinition: task, desiredCount: 1 });
    expectFindings(findingsOf(app), [/violation client-to-store Data\/Api\/Service: Data\/Api is given database Data\/Db and does not reach it on TCP 5432/]);
  });
});
