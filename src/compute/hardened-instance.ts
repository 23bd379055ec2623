import { Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** What differs between the instances that this library runs. */
export interface HardenedInstanceProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly publicAddress: boolean;
  readonly instanceType: ec2.InstanceType;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly role: iam.IRole;
  /** Bash lines that the instance runs at its first boot, with `retry COMMAND`. A change replaces the instance. */
  readonly setUp: string[];
  /** Whether the instance drops packets that are not addressed to it. */
  readonly sourceDestCheck: boolean;
}

/**
 * What every instance does first. `retry` waits for routes and endpoints that may be younger than the instance; dnf needs
 * more memory than the smallest instances have; the release lock of Amazon Linux 2023 would hide security updates.
 * A timer since boot, not of the day, also patches an instance that is seldom on.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades-usage.html
 */
const PREPARE = [
  'set -u',
  'retry() { for _ in $(seq 1 30); do "$@" && return 0; sleep 10; done; return 1; }',
  'fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile && echo "/swapfile none swap sw 0 0" >> /etc/fstab',
  'mkdir -p /etc/dnf/vars && echo latest > /etc/dnf/vars/releasever',
  "cat > /etc/systemd/system/patch-itself.service <<'UNIT'",
  '[Unit]',
  'Description=Installs security updates',
  '[Service]',
  'Type=oneshot',
  'ExecStart=/usr/bin/dnf upgrade --security -y',
  'UNIT',
  "cat > /etc/systemd/system/patch-itself.timer <<'UNIT'",
  '[Unit]',
  'Description=Installs security updates after each boot and every day',
  '[Timer]',
  'OnBootSec=2min',
  'OnUnitActiveSec=1d',
  '[Install]',
  'WantedBy=timers.target',
  'UNIT',
  'systemctl daemon-reload',
  'systemctl enable --now patch-itself.timer',
];

/**
 * An Amazon Linux 2023 instance without a key, with IMDSv2 and an encrypted volume, whose template does not change when
 * AWS publishes a new image.
 */
export class HardenedInstance extends Construct {
  public readonly instance: ec2.Instance;

  constructor(scope: Construct, id: string, props: HardenedInstanceProps) {
    super(scope, id);
    const template = this.createTemplate(props.instanceType.architecture);
    this.instance = this.createInstance(props, template);
  }

  private createTemplate(architecture: ec2.InstanceArchitecture): ec2.CfnLaunchTemplate {
    // The id holds the architecture because the instance stays on the template's first version for ever.
    const template = new ec2.CfnLaunchTemplate(this, architecture === ec2.InstanceArchitecture.ARM_64 ? 'TemplateArm64' : 'TemplateX8664', {
      launchTemplateData: {
        imageId: `resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
        metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      },
    });
    Validations.of(template).acknowledge({
      id: 'CloudFormation-Validate::E1152',
      reason: 'EC2 resolves resolve:ssm: in a launch template, so that a new image is no change of the template: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html',
    });
    return template;
  }

  private createInstance(props: HardenedInstanceProps, template: ec2.CfnLaunchTemplate): ec2.Instance {
    const userData = ec2.UserData.forLinux();
    userData.addCommands(...PREPARE, ...props.setUp);
    const instance = new ec2.Instance(this, 'Resource', {
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      associatePublicIpAddress: props.publicAddress,
      instanceType: props.instanceType,
      machineImage: new TemplateImage(),
      securityGroup: props.securityGroup,
      role: props.role,
      userData,
      userDataCausesReplacement: true,
      sourceDestCheck: props.sourceDestCheck,
      instanceInitiatedShutdownBehavior: ec2.InstanceInitiatedShutdownBehavior.STOP,
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }) }],
    });
    const resource = instance.instance;
    resource.imageId = undefined;
    // The default version stays 1, unlike the latest one, with which any change of the template replaces the instance.
    resource.launchTemplate = { launchTemplateId: template.ref, version: template.attrDefaultVersionNumber };
    return instance;
  }
}

/** The image is in the launch template, so the instance itself names none. */
class TemplateImage implements ec2.IMachineImage {
  public getImage(): ec2.MachineImageConfig {
    return { imageId: '', osType: ec2.OperatingSystemType.LINUX, userData: ec2.UserData.forLinux() };
  }
}
