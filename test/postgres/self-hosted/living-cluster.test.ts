import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { environmentOf } from './cluster-fixture';
import { BackendNetwork, Egress, Posture, SelfHostedPostgres, type SelfHostedPostgresProps } from '../../../src';
import { losses, replacements, synthesizeWith } from '../../support/living-stack';

/** A cluster in a network of three zones from the beginning. */
const build = (props: Partial<SelfHostedPostgresProps> = {}, egress?: Egress) => (app: App) => {
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network', { egress });
  new SelfHostedPostgres(stack, 'Postgres', { vpc, ...props });
};

const development = Posture.development({ maxAzs: 3 });
const production = Posture.production({ terminationProtection: false });
const ofPostgres = (resources: Record<string, unknown>) => Object.entries(resources).filter(([id]) => id.startsWith('Backend/Postgres'));

describe('growing from one node to three', () => {
  const one = synthesizeWith(development, build({ nodes: 1 }));
  const three = synthesizeWith(development, build({ nodes: 3 }));

  test('loses and replaces nothing', () => {
    expect(losses(one, three)).toEqual([]);
    expect(replacements(one, three)).toEqual([]);
  });

  test('changes of the first node nothing but the environment of its next instance', () => {
    const first = Object.keys(one).filter((id) => id.startsWith('Backend/PostgresNode1'));
    const changed = first.filter((id) => JSON.stringify(one[id]) !== JSON.stringify(three[id]));
    expect(changed).toEqual([expect.stringMatching(/PostgresNode1Template/), expect.stringMatching(/PostgresNode1Group/)]);
    const templates = [1, 3].map((nodes) => {
      const app = new App({ analyticsReporting: false });
      development.applyTo(app);
      build({ nodes })(app);
      return Template.fromStack(app.node.findChild('Backend') as Stack);
    });
    const [before, after] = templates.map((template) => environmentOf(template, 1));
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(['NODES', 'STRICT']);
    const [plain, grown] = templates.map((template) => Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup')).find(([id]) => id.startsWith('PostgresNode1'))![1]);
    expect({ ...grown, DependsOn: plain.DependsOn }).toEqual(plain);
  });

  test('adds two groups, which come one after the other', () => {
    const groups = Object.entries(three).filter(([, { Type }]) => Type === 'AWS::AutoScaling::AutoScalingGroup').map(([id]) => id);
    expect(groups.filter((id) => !(id in one))).toEqual([expect.stringMatching(/Node2Group/), expect.stringMatching(/Node3Group/)]);
  });
});

describe('another posture', () => {
  const before = synthesizeWith(Posture.development(), build());
  const after = synthesizeWith(production, build());

  test('replaces nothing that holds data, and takes no address from clients', () => {
    expect(losses(before, after)).toEqual([]);
    expect(replacements(before, after).filter((line) => !/NetworkInterface|EC2::EIP/.test(line))).toEqual([]);
  });

  test('moves nodes to other subnets of the same zones only where the egress changes', () => {
    expect(replacements(before, after)).toEqual([expect.stringMatching(/PostgresNode1Interface\w+ \(AWS::EC2::NetworkInterface\) is replaced because of SubnetId/)]);
    const same = synthesizeWith(Posture.development({ maxAzs: 3 }), build({}, Egress.natGateway()));
    expect(replacements(same, synthesizeWith(production, build({}, Egress.natGateway())))).toEqual([]);
  });

  test('back to development keeps volumes, backups and secrets, with three nodes and their volumes', () => {
    const kept = synthesizeWith(Posture.development(), build({ nodes: 1 }));
    expect(losses(after, kept)).toEqual([]);
  });
});

test.each<[string, Partial<SelfHostedPostgresProps>]>([
  ['a larger type', { instanceType: new ec2.InstanceType('r7g.2xlarge') }],
  ['parameters', { parameters: { work_mem: '64MB' } }],
  ['an image of your own', { imageId: 'ami-0123456789abcdef0' }],
  ['a stopped node', { stoppedNodes: [3] }],
])('%s: a change replaces no resource of the cluster', (_, props) => {
  const before = synthesizeWith(production, build());
  const after = synthesizeWith(production, build(props));
  expect(replacements(before, after)).toEqual([]);
  expect(ofPostgres(after).map(([id]) => id)).toEqual(ofPostgres(before).map(([id]) => id));
});

test('the comparison finds a volume that another key would replace', () => {
  const keyed = (id?: string) => (app: App) => {
    const stack = new Stack(app, 'Backend');
    const { vpc } = new BackendNetwork(stack, 'Network');
    new SelfHostedPostgres(stack, 'Postgres', { vpc, encryptionKey: id === undefined ? undefined : new kms.Key(stack, id) });
  };
  expect(losses(synthesizeWith(development, keyed()), synthesizeWith(development, keyed('Key')))).toEqual([expect.stringMatching(/PostgresNode1Data\w+ \(AWS::EC2::Volume\) is replaced because of KmsKeyId/)]);
});
