import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { BackendNetwork } from '../../src/network';
import { TASK_SERVICES } from '../../src/network/shared/endpoint-services';
import { placeBastion } from '../../src/network/shared/instance-placement';
import { placeStore, placeTask, requireTaskEndpoints, requireTwoZones } from '../../src/network/shared/placement';
import { Egress, Posture } from '../../src/posture';

const { PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED } = ec2.SubnetType;

function app() {
  const root = new App();
  Posture.development().applyTo(root);
  const stack = new Stack(root, 'Stack');
  return { root, stack, service: new Construct(stack, 'Api') };
}

function vpcOf(stack: Stack, ...types: ec2.SubnetType[]) {
  return new ec2.Vpc(stack, 'Vpc', {
    natGateways: types.includes(PRIVATE_WITH_EGRESS) ? 1 : 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: types.map((subnetType) => ({ name: subnetType, subnetType })),
  });
}

function imported(stack: Stack, tiers: Partial<ec2.VpcAttributes>) {
  return ec2.Vpc.fromVpcAttributes(stack, 'Imported', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], ...tiers });
}

const ISOLATED_ONLY = { isolatedSubnetIds: ['subnet-1', 'subnet-2'] };

describe('databases', () => {
  test('go to isolated subnets where there are any', () => {
    const { stack, service } = app();
    expect(placeStore(service, vpcOf(stack, PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED))).toEqual({ subnetType: PRIVATE_ISOLATED });
  });

  test('go to private subnets where there are no isolated ones', () => {
    const { stack, service } = app();
    expect(placeStore(service, vpcOf(stack, PUBLIC, PRIVATE_WITH_EGRESS))).toEqual({ subnetType: PRIVATE_WITH_EGRESS });
  });

  test('go where they are told', () => {
    const { stack, service } = app();
    const selection = { subnetGroupName: PRIVATE_WITH_EGRESS };
    expect(placeStore(service, vpcOf(stack, PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED), selection)).toBe(selection);
  });

  test('fails for a VPC with public subnets only', () => {
    const { stack, service } = app();
    expect(() => placeStore(service, vpcOf(stack, PUBLIC))).toThrow("The VPC 'Stack/Vpc' does not have subnets for this construct, which can be in isolated or private subnets. Add such subnets, import the VPC with them, or set `vpcSubnets`. (at 'Stack/Api')");
  });

  test('fails for public subnets that were asked for', () => {
    const { stack, service } = app();
    expect(() => placeStore(service, vpcOf(stack, PUBLIC, PRIVATE_ISOLATED), { subnetType: PUBLIC }))
      .toThrow('`vpcSubnets` selects public subnets, where this library does not place data.');
  });

  test('fails for subnets of one zone, which no RDS server can be in', () => {
    const { stack, service } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 1 });
    const selection = placeStore(service, vpc);
    expect(() => requireTwoZones(service, vpc, selection)).toThrow('The subnets of this server are in one availability zone, but RDS needs two');
  });

  test('go to imported subnets whose zones are not known', () => {
    const { stack, service } = app();
    const subnets = ['subnet-1', 'subnet-2'].map((id) => ec2.Subnet.fromSubnetId(stack, id, id));
    const vpc = imported(stack, ISOLATED_ONLY);
    expect(placeStore(service, vpc, { subnets })).toEqual({ subnets });
    expect(() => requireTwoZones(service, vpc, { subnets })).not.toThrow();
  });

  test('fails for a mix of public and isolated subnets', () => {
    const { stack, service } = app();
    const vpc = vpcOf(stack, PUBLIC, PRIVATE_ISOLATED);
    expect(() => placeStore(service, vpc, { subnets: [...vpc.publicSubnets, ...vpc.isolatedSubnets] }))
      .toThrow('`vpcSubnets` selects public subnets');
  });
});

describe('tasks', () => {
  test.each([
    ['private subnets', [PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED], PRIVATE_WITH_EGRESS, false],
    ['public subnets with a public address', [PUBLIC, PRIVATE_ISOLATED], PUBLIC, true],
    ['isolated subnets', [PRIVATE_ISOLATED], PRIVATE_ISOLATED, false],
  ])('go to %s first', (_name, types, subnetType, assignPublicIp) => {
    const { stack, service } = app();
    expect(placeTask(service, vpcOf(stack, ...types))).toEqual({ vpcSubnets: { subnetType }, assignPublicIp });
  });

  test('go where they are told, with a public address only in public subnets', () => {
    const { stack, service } = app();
    const vpc = vpcOf(stack, PUBLIC, PRIVATE_WITH_EGRESS);
    expect(placeTask(service, vpc, { subnetType: PUBLIC })).toEqual({ vpcSubnets: { subnetType: PUBLIC }, assignPublicIp: true });
    expect(placeTask(service, vpc, { subnetType: PRIVATE_WITH_EGRESS }).assignPublicIp).toBe(false);
  });

  test('stay isolated in a network with endpoints, although it has public subnets for load balancers', () => {
    const { root, stack, service } = app();
    const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.vpcEndpoints() });
    expect(vpc.publicSubnets.length).toBeGreaterThan(0);
    expect(placeTask(service, vpc)).toEqual({ vpcSubnets: { subnetType: PRIVATE_ISOLATED }, assignPublicIp: false });
    expect(() => root.synth()).not.toThrow();
  });

  test('fails for a VPC without any subnet', () => {
    const { stack, service } = app();
    expect(() => placeTask(service, imported(stack, {}))).toThrow('does not have subnets for this construct, which can be in private, public or isolated subnets.');
  });

  test.each([
    ['a type that the VPC lacks', { subnetType: PRIVATE_ISOLATED }],
    ['a group that does not exist', { subnetGroupName: 'Nowhere' }],
    ['a zone that the VPC does not use', { subnetType: PUBLIC, availabilityZones: ['nowhere'] }],
    ['no subnets', { subnets: [] }],
  ])('fails for a selection of %s', (_name, selection) => {
    const { stack, service } = app();
    expect(() => placeTask(service, vpcOf(stack, PUBLIC), selection)).toThrow(/(`vpcSubnets` selects no subnet of the VPC 'Stack\/Vpc'|can't select subnets of the VPC 'Stack\/Vpc' with `vpcSubnets`: \"There are no ).*\(at 'Stack\/Api'\)/s);
  });
});

describe('endpoints for isolated tasks', () => {
  test('fails at synth with what is missing, how to add it, and whom it concerns', () => {
    // GIVEN
    const { root, stack, service } = app();
    const vpc = vpcOf(stack, PRIVATE_ISOLATED);
    vpc.addInterfaceEndpoint('Ecr', { service: ec2.InterfaceVpcEndpointAwsService.ECR });

    // WHEN
    placeTask(service, vpc);

    // THEN
    const synth = () => root.synth();
    for (const name of ['ecr.dkr', 'logs', 'secretsmanager', 's3']) {
      expect(synth).toThrow(new RegExp(`Stack/Api.*The isolated subnets of the VPC 'Stack/Vpc' can't reach '${name}'`));
    }
    expect(synth).toThrow('Add `vpc.addInterfaceEndpoint(\'EcrDocker\', { service: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER })`');
    expect(synth).toThrow('Add `vpc.addGatewayEndpoint(\'S3\', { service: ec2.GatewayVpcEndpointAwsService.S3 })`');
    expect(synth).not.toThrow("'ecr.api'");
  });

  test('may be added after the tasks, and in another stack', () => {
    // GIVEN
    const { root, stack, service } = app();
    const vpc = vpcOf(stack, PRIVATE_ISOLATED);
    placeTask(service, vpc);

    // WHEN
    const later = new Stack(root, 'Endpoints');
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    for (const name of ['ECR', 'ECR_DOCKER', 'CLOUDWATCH_LOGS', 'SECRETS_MANAGER'] as const) {
      new ec2.InterfaceVpcEndpoint(later, name, { vpc, service: ec2.InterfaceVpcEndpointAwsService[name] });
    }

    // THEN
    expect(() => root.synth()).not.toThrow();
  });

  test('fails where the endpoint is in another VPC or answers no names', () => {
    // GIVEN
    const { root, stack, service } = app();
    const vpc = vpcOf(stack, PRIVATE_ISOLATED);
    const other = new BackendNetwork(stack, 'Other', { egress: Egress.vpcEndpoints() });
    vpc.addInterfaceEndpoint('Logs', { service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS, privateDnsEnabled: false });

    // WHEN
    placeTask(service, vpc);

    // THEN
    expect(other.vpc).not.toBe(vpc);
    expect(() => root.synth()).toThrow("can't reach 'logs'");
  });

  test('are asked for once, however often a construct places its tasks', () => {
    // GIVEN
    const { root, stack, service } = app();
    const vpc = vpcOf(stack, PRIVATE_ISOLATED);

    // WHEN
    const placement = placeTask(service, vpc);
    placeTask(service, vpc);
    requireTaskEndpoints(service, vpc, placement, TASK_SERVICES);

    // THEN
    expect(service.node.validate()).toHaveLength(TASK_SERVICES.length);
    expect(() => root.synth()).toThrow();
  });

  test('are not asked for where tasks have another way out', () => {
    const { root, stack, service } = app();
    placeTask(service, vpcOf(stack, PUBLIC, PRIVATE_ISOLATED));
    expect(() => root.synth()).not.toThrow();
  });

  test('are asked for where isolated subnets were selected explicitly', () => {
    const { root, stack, service } = app();
    placeTask(service, vpcOf(stack, PUBLIC, PRIVATE_ISOLATED), { subnetType: PRIVATE_ISOLATED });
    expect(() => root.synth()).toThrow("can't reach 'ecr.api'");
  });

  test('of an imported VPC cannot be seen, so there is one warning', () => {
    // GIVEN
    const { root, stack, service } = app();
    const vpc = imported(stack, ISOLATED_ONLY);

    // WHEN
    placeTask(service, vpc);
    placeTask(service, vpc);

    // THEN
    expect(Annotations.fromStack(stack).findWarning('/Stack/Api', Match.stringLikeRegexp('endpoints with private DNS for \'ecr.api\', \'ecr.dkr\', \'logs\', \'secretsmanager\', \'s3\''))).toHaveLength(1);
    expect(() => root.synth()).not.toThrow();
  });

  test('work in China, where their names begin differently', () => {
    const root = new App();
    Posture.development().applyTo(root);
    const stack = new Stack(root, 'Stack', { env: { region: 'cn-north-1', account: '111111111111' } });
    const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.vpcEndpoints() });
    placeTask(new Construct(stack, 'Api'), vpc);
    expect(() => root.synth()).not.toThrow();
  });
});

describe('bastions', () => {
  test.each([
    [PUBLIC, true],
    [PRIVATE_WITH_EGRESS, false],
  ])('go to the preferred tier %p', (preferred, assignPublicIp) => {
    const { stack, service } = app();
    expect(placeBastion(service, vpcOf(stack, PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED), preferred))
      .toEqual({ vpcSubnets: { subnetType: preferred }, assignPublicIp });
  });

  test('go to public subnets where the preferred private ones do not exist', () => {
    const { stack, service } = app();
    expect(placeBastion(service, vpcOf(stack, PUBLIC, PRIVATE_ISOLATED), PRIVATE_WITH_EGRESS))
      .toEqual({ vpcSubnets: { subnetType: PUBLIC }, assignPublicIp: true });
  });

  test('fails at synth in isolated subnets where Session Manager cannot be reached', () => {
    const { root, stack, service } = app();
    placeBastion(service, vpcOf(stack, PRIVATE_ISOLATED), PUBLIC);
    expect(() => root.synth()).toThrow("can't reach 'ssmmessages' for Session Manager");
  });
});

test.each<[string, (service: Construct, vpc: ec2.IVpc, vpcSubnets: ec2.SubnetSelection) => unknown]>([
  ['a store', placeStore],
  ['tasks', placeTask],
  ['a bastion', (service, vpc, vpcSubnets) => placeBastion(service, vpc, PUBLIC, vpcSubnets)],
])('fails for %s with subnets of another VPC, and takes those of an unknown one', (_what, place) => {
  const { stack, service } = app();
  const vpc = vpcOf(stack, PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED);
  const other = new BackendNetwork(stack, 'Other').vpc;
  expect(() => place(service, vpc, { subnets: other.isolatedSubnets })).toThrow(/subnet 'Stack\/Other\/.*Isolated.*' of the VPC 'Stack\/Other', but this construct is in the VPC 'Stack\/Vpc'/);
  expect(() => place(service, vpc, { subnets: [ec2.Subnet.fromSubnetId(stack, 'Imported', 'subnet-1')] })).not.toThrow();
});

test('a VPC that is still to be looked up is taken as it will be', () => {
  const root = new App();
  const stack = new Stack(root, 'Stack', { env: { region: 'eu-west-1', account: '111111111111' } });
  const vpc = ec2.Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-1' });
  expect(() => placeStore(new Construct(stack, 'Db'), vpc, { subnetGroupName: 'Data' })).not.toThrow();
});
