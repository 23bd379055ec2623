import { join } from 'path';
import { Aws, Size, Stack, Tags, type RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { installScript } from './heredoc';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { nameTag } from '../private/path-text';

/** The disk that an instance boots from. It goes with the instance. */
export interface RootDiskProps {
  /** @default - 8 GiB */
  readonly size?: Size;
  /** @default - 3000, which a gp3 volume has without extra cost */
  readonly iops?: number;
  /** MiB a second. @default - 125, which a gp3 volume has without extra cost */
  readonly throughput?: number;
  /** Where an Auto Scaling group launches, the policy of the key has to let its service-linked role use it. @default - the key of the account for EBS */
  readonly encryptionKey?: kms.IKey;
}

const ROOT_SIZE = Size.gibibytes(8);

/** The root disk of an instance. */
export function rootDisk(deviceName: string, props: RootDiskProps = {}): ec2.BlockDevice {
  const { size = ROOT_SIZE, iops, throughput, encryptionKey: kmsKey } = props;
  return { deviceName, volume: ec2.BlockDeviceVolume.ebs(size.toGibibytes(), { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3, iops, throughput, kmsKey }) };
}

/** The same, in a launch template. */
export function rootDiskMapping(deviceName: string, props: RootDiskProps = {}): ec2.CfnLaunchTemplate.BlockDeviceMappingProperty {
  const { size = ROOT_SIZE, iops, throughput, encryptionKey } = props;
  const volume = { volumeType: ec2.EbsDeviceVolumeType.GP3, volumeSize: size.toGibibytes(), iops, throughput };
  return { deviceName, ebs: { ...volume, encrypted: true, kmsKeyId: encryptionKey?.keyArn, deleteOnTermination: true } };
}

/** A disk that outlives instances. */
export interface DataVolumeProps {
  /** The subnet of the instances, whose zone the volume is in. */
  readonly subnet: ec2.ISubnet;
  /** Can grow. The file system follows when the volume is mounted. */
  readonly size: Size;
  /** @default - 3000, which a gp3 volume has without extra cost */
  readonly iops?: number;
  /** MiB a second. @default - 125, which a gp3 volume has without extra cost */
  readonly throughput?: number;
  /** @default - the key of the account for EBS */
  readonly encryptionKey?: kms.IKey;
  /** @default - from the posture: destroy in development, retain on update or delete in production */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * An encrypted disk whose data outlives the instances that use it one after the other. Each attaches it by itself at its first boot: an attachment in the
 * template would be made before the former instance is gone.
 *
 * A volume never leaves its zone. Another subnet in another zone means a new, blank volume; the former one stays in the account, where the removal
 * policy keeps it. Only instances of the Nitro system have it: others name their disks differently.
 */
export class DataVolume extends Construct {
  public readonly volumeId: string;
  private readonly volume: ec2.Volume;

  constructor(scope: Construct, id: string, props: DataVolumeProps) {
    super(scope, id);
    this.volume = new ec2.Volume(this, 'Resource', {
      availabilityZone: props.subnet.availabilityZone,
      size: props.size,
      volumeType: ec2.EbsDeviceVolumeType.GP3,
      iops: props.iops,
      throughput: props.throughput,
      encrypted: true,
      encryptionKey: props.encryptionKey,
      removalPolicy: dataRemovalPolicy(this, props.removalPolicy),
    });
    this.volumeId = this.volume.volumeId;
    // A volume that was kept is found by it.
    Tags.of(this.volume).add('Name', nameTag(this));
  }

  /**
   * Lets a role attach this volume, and no other one, to instances of one profile, and detach it from them.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
   */
  public allowAttach(role: iam.IRole, instanceProfileArn: string): void {
    const arnOf = (resource: string, resourceName: string) => Stack.of(this).formatArn({ service: 'ec2', resource, resourceName });
    const actions = ['ec2:AttachVolume', 'ec2:DetachVolume'];
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources: [arnOf('volume', this.volumeId)] }));
    role.addToPrincipalPolicy(new iam.PolicyStatement({
      actions,
      resources: [arnOf('instance', '*')],
      conditions: { ArnEquals: { 'ec2:InstanceProfile': instanceProfileArn } },
    }));
    this.allowKey(role);
  }

  /** Bash lines that attach the volume, give it a file system where it is blank, and mount it. */
  public mount(directory: string): string[] {
    return [
      ...installScript('mount-volume', join(__dirname, 'mount-volume.sh')),
      `/usr/local/sbin/mount-volume ${this.volumeId} ${directory} ${Aws.REGION}`,
    ];
  }

  /**
   * EC2 asks KMS for a grant in the name of whoever attaches the volume.
   *
   * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
   */
  private allowKey(role: iam.IRole): void {
    this.volume.encryptionKey?.grant(role, 'kms:CreateGrant').principalStatement?.addConditions({
      Bool: { 'kms:GrantIsForAWSResource': true },
      StringEquals: { 'kms:ViaService': `ec2.${Aws.REGION}.${Aws.URL_SUFFIX}`, 'kms:GrantConstraintType': 'EncryptionContextSubset' },
    });
  }
}
