import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { newCluster, type ClusterOptions } from './cluster-fixture';
import { HardeningCheck, Posture } from '../../../src';
import { errorOf } from '../../support/validated';

const findings = (options: ClusterOptions, change: (made: ReturnType<typeof newCluster>) => void = () => undefined) => {
  const made = newCluster(options);
  made.postgres.addUser('Api');
  change(made);
  return errorOf(made.app, [new HardeningCheck()]);
};

describe('the hardening check and the validator of CDK', () => {
  test.each([['production', {}], ['development', { posture: Posture.development() }], ['an image of your own', { props: { imageId: 'ami-0123456789abcdef0' } }]])('find nothing wrong in %s', (_, options) => {
    expect(findings(options)).toBe('');
  });

  test('find a way in by SSH, which nobody but the user makes', () => {
    expect(findings({ posture: Posture.development() }, ({ postgres }) => (postgres.node.findChild('Network').node.findChild('NodeGroup') as ec2.SecurityGroup).addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.SSH))).toMatch(/NodeGroup/);
  });
});
