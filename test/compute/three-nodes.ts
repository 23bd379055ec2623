import { join } from 'path';
import { App, CfnResource, Size, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { BackendNetwork, Egress, Posture } from '../../src';
import { DataVolume } from '../../src/compute/disks';
import { FirstBootScripts } from '../../src/compute/first-boot-scripts';
import { InstanceImage } from '../../src/compute/image';
import { HardenedTemplate } from '../../src/compute/launch-template';
import { NetworkInterface } from '../../src/compute/network-interface';
import { allowSessions } from '../../src/compute/sessions';
import { openHttps } from '../../src/network/shared/endpoints-only';
import { openMirrors, placeNodes } from '../../src/network/shared/instance-placement';

export const SCRIPTS = join(__dirname, 'scripts');

export interface ThreeNodesOptions {
  readonly image?: InstanceImage;
  readonly egress?: Egress;
  readonly encryptionKey?: boolean;
  readonly posture?: Posture;
}

/** A cluster of three nodes as a user of the room builds it: one in each zone, each with an address and a disk that outlive its instance. */
export function threeNodes({ image = InstanceImage.debian13(), egress, encryptionKey: ownKey = false, posture = Posture.production({ terminationProtection: false }) }: ThreeNodesOptions = {}) {
  const app = new App({ analyticsReporting: false, context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  posture.applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3, egress });
  const group = new ec2.SecurityGroup(stack, 'NodeGroup', { vpc, description: 'Nodes: accept no connection', allowAllOutbound: false, disableInlineRules: false });
  openHttps(group, vpc, 'AWS and Debian packages');
  openMirrors(group);
  const encryptionKey = ownKey ? new kms.Key(stack, 'Key', { enableKeyRotation: true }) : undefined;
  const scripts = new FirstBootScripts(stack, 'Scripts', { directory: SCRIPTS, entry: 'start.sh' });
  const places = placeNodes(group, vpc, { zones: 3, services: [], mirrors: image.needsMirrors });
  const groups = places.map(({ subnet, publicAddress }, index) => {
    const id = `Node${index + 1}`;
    const role = new iam.Role(stack, `${id}Role`, { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    allowSessions(role);
    const networkInterface = new NetworkInterface(stack, `${id}Interface`, { subnet, publicAddress, securityGroups: [group], description: 'A node' });
    const volume = new DataVolume(stack, `${id}Data`, { subnet, size: Size.gibibytes(20), iops: 4000, throughput: 250, encryptionKey });
    const template = new HardenedTemplate(stack, `${id}Template`, {
      image, role, networkInterface, instanceType: ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.MEDIUM), rootDisk: { size: Size.gibibytes(16), encryptionKey },
    });
    const launched = new autoscaling.CfnAutoScalingGroup(stack, id, {
      minSize: '1',
      maxSize: '1',
      availabilityZones: [subnet.availabilityZone],
      launchTemplate: { launchTemplateId: template.template.ref, version: template.template.attrLatestVersionNumber },
    });
    template.setUp({ volume, directory: '/data', scripts, environment: { NODE: String(index + 1), ADDRESS: networkInterface.address }, reportsTo: launched });
    return launched;
  });
  return { app, stack, vpc, group, groups };
}

export function idsOf(resources: CfnResource[]): string[] {
  return resources.map((resource) => Stack.of(resource).resolve(resource.logicalId) as string);
}
