import { Duration, Size, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, type IDependable } from 'constructs';
import type { ClusterSettings } from './cluster-settings';
import { allowLifecycle, allowMetrics } from './node-role';
import { DataVolume } from '../../../compute/disks';
import type { FirstBootScripts } from '../../../compute/first-boot-scripts';
import { HardenedTemplate } from '../../../compute/launch-template';
import { NetworkInterface } from '../../../compute/network-interface';
import { allowSessions } from '../../../compute/sessions';
import type { NodePlacement } from '../../../network/shared/instance-placement';
import { nameTag } from '../../../private/path-text';

const ROOT_DISK = { size: Size.gibibytes(16) };

/** A new node may have to copy a large database before it is ready. CloudFormation waits for an update no longer than an hour. */
const LONGEST_CREATION = Duration.hours(2);
const LONGEST_UPDATE = Duration.hours(1);

/** The instance asks for more time while it works, so this is how long a silent one is waited for. */
const HEARTBEAT = Duration.minutes(30);

/** What starts changes of its own. A host that is lost in an update is still replaced. */
const SUSPENDED = ['AlarmNotification', 'AZRebalance', 'InstanceRefresh', 'ScheduledActions'];

/** What of a node outlives its instances. */
export interface ClusterNodeProps {
  readonly number: number;
  readonly place: NodePlacement;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly settings: ClusterSettings;
  readonly encryptionKey?: kms.IKey;
}

/** What its instances do. */
export interface NodeLaunchProps {
  readonly scripts: FirstBootScripts;
  readonly environment: Readonly<Record<string, string>>;
  /** Nodes that are changed before this one, so that no deployment touches two at once. */
  readonly previous?: autoscaling.CfnAutoScalingGroup;
  /** What must exist before an instance boots. */
  readonly dependencies: IDependable[];
}

/**
 * One node: an address and a volume that stay, and a group of exactly one instance after the other. A plain instance, or an attachment of the volume, would be
 * created before the former one goes, which still has the address and the volume.
 */
export class ClusterNode extends Construct {
  public readonly address: string;
  public readonly volume: DataVolume;
  public readonly role: iam.Role;
  private readonly networkInterface: NetworkInterface;

  constructor(scope: Construct, id: string, private readonly props: ClusterNodeProps) {
    super(scope, id);
    const { place: { subnet, publicAddress }, securityGroup, settings } = props;
    this.networkInterface = new NetworkInterface(this, 'Interface', { subnet, publicAddress, securityGroups: [securityGroup], description: `PostgreSQL node ${props.number}` });
    this.address = this.networkInterface.address;
    this.volume = new DataVolume(this, 'Data', {
      subnet,
      size: settings.allocatedStorage,
      iops: settings.iops,
      throughput: settings.storageThroughput?.toMebibytes(),
      encryptionKey: props.encryptionKey,
      removalPolicy: settings.removalPolicy,
    });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    allowSessions(this.role);
    allowMetrics(this.role);
  }

  /** The group that launches the node. What its role may do besides comes before. */
  public launch({ scripts, environment, previous, dependencies }: NodeLaunchProps): autoscaling.CfnAutoScalingGroup {
    const { image, instanceType } = this.props.settings;
    const template = new HardenedTemplate(this, 'Template', { image, instanceType, role: this.role, networkInterface: this.networkInterface, rootDisk: ROOT_DISK });
    const group = this.createGroup(template);
    allowLifecycle(this, this.role, group);
    template.setUp({ volume: this.volume, directory: '/data', scripts, environment, reportsTo: group, timeout: LONGEST_CREATION });
    this.decideWaiting(group);
    group.node.addDependency(this.networkInterface, this.props.place.subnet.internetConnectivityEstablished, ...dependencies);
    if (previous !== undefined) {
      group.addResourceDependency(previous);
    }
    return group;
  }

  private get isStopped(): boolean {
    return this.props.settings.stoppedNodes.includes(this.props.number);
  }

  /** EC2 alone says whether the instance lives: a replica is as alive as a primary. */
  private createGroup({ template }: HardenedTemplate): autoscaling.CfnAutoScalingGroup {
    const size = this.isStopped ? '0' : '1';
    const group = new autoscaling.CfnAutoScalingGroup(this, 'Group', {
      minSize: size,
      maxSize: size,
      availabilityZones: [this.props.place.subnet.availabilityZone],
      launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
      healthCheckType: 'EC2',
      lifecycleHookSpecificationList: [hook('launching', 'EC2_INSTANCE_LAUNCHING', 'ABANDON'), hook('terminating', 'EC2_INSTANCE_TERMINATING', 'CONTINUE')],
    });
    Tags.of(group).add('Name', nameTag(this));
    return group;
  }

  /** A node that is stopped gives no signal. */
  private decideWaiting(group: autoscaling.CfnAutoScalingGroup): void {
    if (this.isStopped) {
      group.cfnOptions.creationPolicy = undefined;
      return;
    }
    group.cfnOptions.updatePolicy = {
      autoScalingRollingUpdate: {
        minInstancesInService: 0, maxBatchSize: 1, waitOnResourceSignals: true, pauseTime: LONGEST_UPDATE.toIsoString(), suspendProcesses: SUSPENDED,
      },
    };
  }
}

function hook(lifecycleHookName: string, transition: string, defaultResult: string): autoscaling.CfnAutoScalingGroup.LifecycleHookSpecificationProperty {
  return { lifecycleHookName, lifecycleTransition: `autoscaling:${transition}`, heartbeatTimeout: HEARTBEAT.toSeconds(), defaultResult };
}
