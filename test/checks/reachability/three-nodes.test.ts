import { CfnResource } from 'aws-cdk-lib';
import { checked, expectFindings, findingsOf } from './support';
import { Egress, Posture } from '../../../src';
import { threeNodes } from '../../compute/three-nodes';

const held = (app: ReturnType<typeof threeNodes>['app']) => checked(app).report().rules.map(({ ruleId, applied, held: holds }) => `${ruleId}: ${holds} of ${applied}`);

describe('three nodes of the compute room', () => {
  test.each([['in private subnets', undefined], ['with public addresses', Egress.publicIp()]])('%s reach AWS and mirrors, and nobody reaches them', (_, egress) => {
    expect(held(threeNodes({ egress }).app)).toEqual(expect.arrayContaining([
      'reachability-instance-first-boot: 3 of 3', 'reachability-session-manager: 3 of 3', 'reachability-internet-to-instance: 3 of 3',
    ]));
    expect(findingsOf(threeNodes({ egress }).app)).toEqual([]);
  });

  test('fails where the public address of one is not bound to its network interface', () => {
    const { app, stack } = threeNodes({ egress: Egress.publicIp(), posture: Posture.development({ terminationProtection: false }) });
    const associations = stack.node.findAll().filter((each): each is CfnResource => each instanceof CfnResource && each.cfnResourceType === 'AWS::EC2::EIPAssociation');
    expect(associations).toHaveLength(3);
    associations[0].node.scope!.node.tryRemoveChild(associations[0].node.id);
    expectFindings(findingsOf(app), ['instance-first-boot Backend/Node1: .*no way to cloudformation and ec2 .*it has no public IP address', 'instance-first-boot Backend/Node1: .*no way to mirrors', 'session-manager Backend/Node1'].map((text) => new RegExp(`violation ${text}`)));
  });
});
