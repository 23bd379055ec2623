import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { rootDisk, type RootDiskProps } from './disks';
import { addFirstBoot, limitUserData } from './first-boot';
import { InstanceImage } from './image';
import { createLaunchTemplate } from './launch-template';
import { shortenNameTags } from '../private/path-text';

/** What differs between the instances that this library runs. */
export interface HardenedInstanceProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly publicAddress: boolean;
  readonly instanceType: ec2.InstanceType;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly role: iam.IRole;
  /** @default - Amazon Linux 2023 */
  readonly image?: InstanceImage;
  /** @default - 8 GiB, with the key of the account for EBS */
  readonly rootDisk?: RootDiskProps;
  /** Bash lines that the instance runs at its first boot, with `retry COMMAND`. A change replaces the instance. */
  readonly setUp: string[];
  /**
   * Whether CloudFormation waits until the set-up is done, and fails where a command of it fails. The instance has to reach CloudFormation.
   *
   * @default false
   */
  readonly reportsSetUp?: boolean;
  /** Whether the instance drops packets that are not addressed to it. */
  readonly sourceDestCheck: boolean;
}

/**
 * An instance without a key, with IMDSv2 and an encrypted volume, of Amazon Linux 2023 unless it names another image. Its template does not change when
 * a new image is published. An instance that groups launch is a `HardenedTemplate`.
 */
export class HardenedInstance extends Construct {
  public readonly instance: ec2.Instance;

  constructor(scope: Construct, id: string, props: HardenedInstanceProps) {
    super(scope, id);
    this.instance = this.createInstance(props);
    shortenNameTags(this);
  }

  private createInstance(props: HardenedInstanceProps): ec2.Instance {
    const { image = InstanceImage.amazonLinux2023(), role } = props;
    const userData = ec2.UserData.forLinux();
    const instance = new ec2.Instance(this, 'Resource', {
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      associatePublicIpAddress: props.publicAddress,
      instanceType: props.instanceType,
      machineImage: new TemplateImage(),
      securityGroup: props.securityGroup,
      role,
      userData,
      userDataCausesReplacement: true,
      sourceDestCheck: props.sourceDestCheck,
      instanceInitiatedShutdownBehavior: ec2.InstanceInitiatedShutdownBehavior.STOP,
      blockDevices: [rootDisk(image.rootDevice, props.rootDisk)],
    });
    const resource = instance.instance;
    addFirstBoot(userData, { image, setUp: props.setUp, reportsTo: props.reportsSetUp === true ? resource : undefined });
    if (props.reportsSetUp === true) {
      image.allowReport(role);
    }
    limitUserData(this, userData);
    resource.imageId = undefined;
    resource.launchTemplate = this.createTemplate(image, props.instanceType.architecture);
    return instance;
  }

  /** The default version stays 1, unlike the latest one, with which any change of the template replaces the instance: as another image that the user names should. */
  private createTemplate(image: InstanceImage, architecture: ec2.InstanceArchitecture): ec2.CfnInstance.LaunchTemplateSpecificationProperty {
    const template = createLaunchTemplate(this, image.templateIdFor(architecture), image, architecture);
    return { launchTemplateId: template.ref, version: image.isChosen ? template.attrLatestVersionNumber : template.attrDefaultVersionNumber };
  }
}

/** The image is in the launch template, so the instance itself names none. */
class TemplateImage implements ec2.IMachineImage {
  public getImage(): ec2.MachineImageConfig {
    return { imageId: '', osType: ec2.OperatingSystemType.LINUX, userData: ec2.UserData.forLinux() };
  }
}
