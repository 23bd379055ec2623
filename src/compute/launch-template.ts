import { Fn, Lazy, Validations, type CfnResource, type Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { rootDiskMapping, type DataVolume, type RootDiskProps } from './disks';
import { addFirstBoot, limitUserData } from './first-boot';
import type { FirstBootScripts } from './first-boot-scripts';
import type { InstanceImage } from './image';
import type { NetworkInterface } from './network-interface';

/** A launch template with an image, with IMDSv2, and with what else it is to have. Its template does not change when a new image is published. */
export function createLaunchTemplate(
  scope: Construct, id: string, image: InstanceImage, architecture: ec2.InstanceArchitecture, rest: ec2.CfnLaunchTemplate.LaunchTemplateDataProperty = {},
): ec2.CfnLaunchTemplate {
  const template = new ec2.CfnLaunchTemplate(scope, id, {
    launchTemplateData: {
      ...rest,
      imageId: image.idFor(architecture),
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
    },
  });
  Validations.of(template).acknowledge({
    id: 'CloudFormation-Validate::E1152',
    reason: 'EC2 resolves resolve:ssm: in a launch template, so that a new image is no change of the template: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html',
  });
  return template;
}

/** What an instance is made of that a group launches. */
export interface HardenedTemplateProps {
  readonly image: InstanceImage;
  readonly instanceType: ec2.InstanceType;
  /** Role of the instance. What it may do is there before an instance is. */
  readonly role: iam.IRole;
  /** Its only network interface, which it takes from the instance before it. */
  readonly networkInterface: NetworkInterface;
  /** @default - 8 GiB, with the key of the account for EBS */
  readonly rootDisk?: RootDiskProps;
}

/** What a launched instance does at its first boot, in this order. */
export interface HardenedTemplateBoot {
  /** @default - no commands of its own */
  readonly commands?: string[];
  /** Volume that the instance attaches and mounts. @default - none */
  readonly volume?: DataVolume;
  /** Where it mounts the volume. @default /data */
  readonly directory?: string;
  /** @default - no scripts */
  readonly scripts?: FirstBootScripts;
  /** What differs between instances that run the same scripts. It holds no secret. @default - nothing */
  readonly environment?: Readonly<Record<string, string>>;
  /** The group, or whatever CloudFormation waits for. @default - nobody waits */
  readonly reportsTo?: CfnResource;
  /** How long CloudFormation waits for a new group. @default - 20 minutes */
  readonly timeout?: Duration;
}

/**
 * An instance as a group of one launches it again and again: without a key, with IMDSv2, an encrypted root disk, and a network interface that stays.
 * A change of any part is a new version, which a rolling update of the group brings to the instance; a new image comes with the next instance.
 */
export class HardenedTemplate extends Construct {
  public readonly template: ec2.CfnLaunchTemplate;
  public readonly instanceProfileArn: string;
  private readonly userData = ec2.UserData.forLinux();

  constructor(scope: Construct, id: string, private readonly props: HardenedTemplateProps) {
    super(scope, id);
    const profile = new iam.InstanceProfile(this, 'Profile', { role: props.role });
    this.instanceProfileArn = profile.instanceProfileArn;
    this.template = this.createTemplate();
    this.template.node.addDependency(props.role);
    limitUserData(this, this.userData);
  }

  /** Sets what an instance does at its first boot, and lets its role do it. The group may be made of the template before it is named here. */
  public setUp({ commands = [], volume, directory = '/data', scripts, environment = {}, reportsTo, timeout }: HardenedTemplateBoot): void {
    const { image, role } = this.props;
    volume?.allowAttach(role, this.instanceProfileArn);
    scripts?.allowRead(role);
    if (reportsTo !== undefined) {
      image.allowReport(role);
    }
    addFirstBoot(this.userData, { image, setUp: [...commands, ...volume?.mount(directory) ?? [], ...scripts?.run(environment) ?? []], reportsTo, timeout });
  }

  private createTemplate(): ec2.CfnLaunchTemplate {
    const { image, instanceType, networkInterface, rootDisk } = this.props;
    return createLaunchTemplate(this, 'Resource', image, instanceType.architecture, {
      instanceType: instanceType.toString(),
      iamInstanceProfile: { arn: this.instanceProfileArn },
      networkInterfaces: [networkInterface.asFirst],
      blockDeviceMappings: [rootDiskMapping(image.rootDevice, rootDisk)],
      userData: Fn.base64(Lazy.string({ produce: () => this.userData.render() })),
    });
  }
}
