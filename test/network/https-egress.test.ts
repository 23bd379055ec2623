import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { BackendNetwork, type BackendNetworkProps } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { findingsOf } from '../checks/reachability/support';
import { allIn, buildBackend, TIERS, type Homes } from '../support/whole-backend';

const ENV = { env: { account: '111111111111', region: 'eu-west-1' } };
const S3 = 'pl-6da54004';

interface Rule {
  readonly from: string;
  readonly to: string;
}

function appIn(): App {
  const app = new App();
  Posture.production({ terminationProtection: false }).applyTo(app);
  return app;
}

/** Endpoints with the prefix list of S3, where one is given. */
function endpointsIn(stack: Stack, s3PrefixListId?: string): BackendNetworkProps {
  const s3PrefixList = s3PrefixListId === undefined ? undefined : ec2.PrefixList.fromPrefixListId(stack, 'S3', s3PrefixListId);
  return { egress: Egress.vpcEndpoints({ s3PrefixList }) };
}

/** Rules out to TCP 443, of whatever form, each by its group and its target. */
function httpsRules(stack: Stack): Rule[] {
  const resources = Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, { Type: string; Properties: Record<string, unknown> }>);
  const inline = resources.filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroup')
    .flatMap(([id, { Properties }]) => ((Properties.SecurityGroupEgress ?? []) as Record<string, unknown>[]).map((rule): [string, Record<string, unknown>] => [id, rule]));
  const apart = resources.filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroupEgress').map(([, { Properties }]): [string, Record<string, unknown>] => [JSON.stringify(Properties.GroupId), Properties]);
  return [...inline, ...apart].filter(([, { FromPort }]) => FromPort === 443)
    .map(([from, rule]) => ({ from, to: String(rule.CidrIp ?? rule.DestinationPrefixListId ?? JSON.stringify(rule.DestinationSecurityGroupId)) }));
}

/** Rules of what runs in isolated subnets: ingresses stay in public ones. */
const isolated = (rules: Rule[]) => rules.filter(({ from }) => !from.includes('Ingress'));

describe('with endpoints only and the prefix list of S3', () => {
  test('every task, migration, job and bastion gets out to the endpoints and to S3, and nowhere else', () => {
    const stack = new Stack(appIn(), 'Whole', ENV);
    const { vpc } = new BackendNetwork(stack, 'Network', endpointsIn(stack, S3));
    buildBackend(allIn(stack), { vpc });

    const rules = isolated(httpsRules(stack));
    const groups = new Set(rules.map(({ from }) => /[A-Za-z]+/.exec(from.replace(/^.*GetAtt":\["/, ''))?.[0]));
    expect(groups.size).toBeGreaterThanOrEqual(6);
    expect(rules.filter(({ to }) => to !== S3 && !to.includes('NetworkEndpointSecurityGroup'))).toEqual([]);
    expect(rules.filter(({ to }) => to === S3)).toHaveLength(groups.size);
    expect(rules.filter(({ to }) => to.includes('NetworkEndpointSecurityGroup'))).toHaveLength(groups.size);
  });

  test('each stack depends on that of the network, never the reverse, and can leave the app alone', () => {
    const app = appIn();
    const homes = Object.fromEntries(TIERS.map((tier) => [tier, new Stack(app, tier, ENV)])) as unknown as Required<Homes>;
    const network = homes.Network as Stack;
    const { vpc } = new BackendNetwork(network, 'Network', endpointsIn(network, S3));
    buildBackend(homes, { vpc });

    // No template has the addresses of AWS's list, so the check cannot know that they are those of S3. All else is reached.
    const found = findingsOf(app);
    expect(found.length).toBeGreaterThan(0);
    const ofImages = /^undecided instance-first-boot .* whether its image holds the packages is in no template/;
    expect(found.filter((line) => !/^undecided .* unless there is a way to s3, .* whether they are those of S3 is known at deployment/.test(line) && !ofImages.test(line))).toEqual([]);
    expect(network.dependencies).toEqual([]);
    expect(isolated(httpsRules(homes.Services as Stack)).map(({ to }) => to)).toEqual(expect.arrayContaining([S3, expect.stringContaining('Fn::GetStackOutput')]));
    Template.fromStack(network).resourceCountIs('AWS::EC2::SecurityGroupEgress', 0);
    expect(JSON.stringify(Template.fromStack(homes.Services as Stack))).not.toContain('Fn::ImportValue');
  });

  test('warns about each endpoint with another group, which tasks do not reach', () => {
    const stack = new Stack(appIn(), 'Stack', ENV);
    const { vpc, endpointSecurityGroup } = new BackendNetwork(stack, 'Network', endpointsIn(stack, S3));
    vpc.addInterfaceEndpoint('Kms', { service: ec2.InterfaceVpcEndpointAwsService.KMS, securityGroups: [endpointSecurityGroup!], open: false });
    vpc.addInterfaceEndpoint('Sqs', { service: ec2.InterfaceVpcEndpointAwsService.SQS });
    vpc.addGatewayEndpoint('Tables', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });

    const warned = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('BackendNetwork.endpointGroup'));
    expect(warned.map(({ id }) => id)).toEqual(['/Stack/Network/Resource/Sqs/Resource']);
  });
});

describe('everywhere else rules for HTTPS name every address', () => {
  test.each([['endpoints only, without the prefix list of S3', () => Egress.vpcEndpoints()], ['public addresses', () => Egress.publicIp()], ['NAT gateways', () => Egress.natGateway()]])('with %s', (_, egress) => {
    const stack = new Stack(appIn(), 'Whole', ENV);
    buildBackend(allIn(stack), { vpc: new BackendNetwork(stack, 'Network', { egress: egress() }).vpc });

    const rules = isolated(httpsRules(stack));
    expect(rules.length).toBeGreaterThanOrEqual(6);
    expect(new Set(rules.map(({ to }) => to))).toEqual(new Set(['0.0.0.0/0']));
  });

  test('in a VPC of others, whatever its endpoints', () => {
    const stack = new Stack(appIn(), 'Whole', ENV);
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 1 });
    vpc.addInterfaceEndpoint('Logs', { service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS });
    const { endpointSecurityGroup } = new BackendNetwork(stack, 'Other');
    buildBackend({ Cluster: stack, Data: stack, Ingress: stack, Services: stack, Access: stack }, { vpc });

    expect(endpointSecurityGroup).toBeUndefined();
    expect(new Set(isolated(httpsRules(stack)).map(({ to }) => to))).toEqual(new Set(['0.0.0.0/0']));
  });
});
