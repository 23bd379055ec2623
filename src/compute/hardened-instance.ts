import { Aws, Duration, Validations, type CfnResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { shortenNameTags } from '../private/path-text';

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
 * What every instance does first. `retry` waits for routes and endpoints that may be younger than the instance; dnf needs
 * more memory than the smallest instances have; the release lock of Amazon Linux 2023 would hide security updates.
 * A timer since boot, not of the day, also patches an instance that is seldom on. `set -e` does not see what fails within `&&`.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades-usage.html
 */
const prepare = (orElse: string) => [
  'set -u',
  'retry() { for _ in $(seq 1 30); do "$@" && return 0; sleep 10; done; return 1; }',
  `fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile && echo "/swapfile none swap sw 0 0" >> /etc/fstab${orElse}`,
  `mkdir -p /etc/dnf/vars && echo latest > /etc/dnf/vars/releasever${orElse}`,
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

/** Longer than all attempts to install packages take. */
const SET_UP_TIMEOUT = Duration.minutes(20);

/**
 * Ends the set-up with the first command that fails, and sends how it ended with the last lines of its log. The instance signs with its identity
 * document, so its role needs no permission.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-helper-scripts-reference.html#cfn-helper-scripts-reference-permissions
 */
function reportTo(resource: CfnResource): string[] {
  return [
    'set -Eeuo pipefail',
    'report() {',
    '  code=$?',
    '  reason="Set-up ended with code $code: $(tail -c 300 /var/log/cloud-init-output.log | tr -cs "[:print:]" " ")"',
    `  /opt/aws/bin/cfn-signal --exit-code "$code" --reason "$reason" --stack "${Aws.STACK_NAME}" --resource "${resource.logicalId}" --region "${Aws.REGION}"`,
    '}',
    'trap report EXIT',
  ];
}

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
    shortenNameTags(this);
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
    if (props.reportsSetUp === true) {
      userData.addCommands(...reportTo(resource));
      resource.cfnOptions.creationPolicy = { resourceSignal: { count: 1, timeout: SET_UP_TIMEOUT.toIsoString() } };
    }
    userData.addCommands(...prepare(props.reportsSetUp === true ? ' || exit' : ''), ...props.setUp);
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
