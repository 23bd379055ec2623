import { Aws, Size, Stack, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IDependable } from 'constructs';
import { allowDrill } from './backup-bucket';
import type { ClusterNetwork } from './cluster-network';
import type { ClusterSettings } from './cluster-settings';
import { drillEnvironment } from './node-environment';
import { allowMetrics, allowOwnGroup } from './node-role';
import type { RootDiskProps } from '../../../compute/disks';
import type { FirstBootScripts } from '../../../compute/first-boot-scripts';
import { HardenedTemplate } from '../../../compute/launch-template';
import { NetworkInterface } from '../../../compute/network-interface';
import { allowSessions } from '../../../compute/sessions';
import type { NodePlacement } from '../../../network/shared/instance-placement';
import { nameTag } from '../../../private/path-text';
import { cronOf } from '../../../private/windows';

/** Of the system and its packages. */
const SYSTEM_GIB = 16;

/** What a drill restores, and where. */
export interface RestoreDrillProps {
  readonly settings: ClusterSettings;
  readonly place: NodePlacement;
  readonly network: ClusterNetwork;
  readonly bucket: IBucket;
  /** Secret with the pass of the backups. */
  readonly clusterSecret: secretsmanager.ISecret;
  readonly scripts: FirstBootScripts;
  /** What must exist before an instance boots. */
  readonly dependencies: IDependable[];
}

/**
 * An instance that runs while a drill does: once a week it restores the newest backup onto its own disk, checks it, publishes how that went, and ends itself.
 * It is no node of the cluster and reaches none. At the end of its window it is ended whatever it does.
 */
export class RestoreDrill extends Construct {
  public readonly group: autoscaling.CfnAutoScalingGroup;

  constructor(scope: Construct, id: string, private readonly props: RestoreDrillProps) {
    super(scope, id);
    const { settings: { clusterName }, bucket, clusterSecret } = props;
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    allowSessions(role);
    allowMetrics(role);
    allowDrill(bucket, role, clusterName);
    clusterSecret.grantRead(role);
    this.group = this.createGroup(role);
    this.schedule();
  }

  /** Command of the AWS CLI that starts a drill now. */
  public get command(): string {
    return `aws autoscaling set-desired-capacity --desired-capacity 1 --region ${Aws.REGION} --auto-scaling-group-name ${this.group.ref}`;
  }

  /** Lets a grantee start a drill, or end one. */
  public grantStart(grantee: iam.IGrantable): iam.Grant {
    const { region, account } = Stack.of(this);
    const resourceArns = [`arn:${Aws.PARTITION}:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${this.group.ref}`];
    return iam.Grant.addToPrincipal({ grantee, actions: ['autoscaling:SetDesiredCapacity'], resourceArns });
  }

  private createGroup(role: iam.Role): autoscaling.CfnAutoScalingGroup {
    const { place: { subnet, publicAddress }, network, settings, clusterSecret, bucket, scripts, dependencies } = this.props;
    const { image, instanceType } = settings;
    const securityGroups = [network.createInstanceGroup('DrillGroup', 'Restore drills: nobody connects to them', image)];
    const networkInterface = new NetworkInterface(this, 'Interface', { subnet, publicAddress, securityGroups, description: 'PostgreSQL restore drill' });
    const template = new HardenedTemplate(this, 'Template', { image, instanceType, role, networkInterface, rootDisk: this.disk });
    template.setUp({ scripts, environment: drillEnvironment({ settings, address: networkInterface.address, clusterSecret, bucket }) });
    const group = new autoscaling.CfnAutoScalingGroup(this, 'Group', {
      minSize: '0',
      maxSize: '1',
      availabilityZones: [subnet.availabilityZone],
      launchTemplate: { launchTemplateId: template.template.ref, version: template.template.attrLatestVersionNumber },
      healthCheckType: 'EC2',
    });
    Tags.of(group).add('Name', nameTag(this));
    allowOwnGroup(this, role, group, ['autoscaling:TerminateInstanceInAutoScalingGroup']);
    group.node.addDependency(networkInterface, subnet.internetConnectivityEstablished, ...dependencies);
    return group;
  }

  /** As large and as fast as the data volume of a node. */
  private get disk(): RootDiskProps {
    const { allocatedStorage, iops, storageThroughput } = this.props.settings;
    return { size: Size.gibibytes(allocatedStorage.toGibibytes() + SYSTEM_GIB), iops, throughput: storageThroughput?.toMebibytes() };
  }

  private schedule(): void {
    const { start, length } = this.props.settings.restoreDrillWindow;
    const at = (id: string, minute: number, desiredCapacity: number) => new autoscaling.CfnScheduledAction(this, id, {
      autoScalingGroupName: this.group.ref, recurrence: cronOf(minute), minSize: 0, maxSize: 1, desiredCapacity,
    });
    at('Start', start, 1);
    at('End', start + length, 0);
  }
}
