import { Duration, Token, type RemovalPolicy, type Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { clusterParameters, lowerCase } from './cluster-parameters';
import { validateCluster } from './cluster-rules';
import { nodeConnections } from './node-types';
import { InstanceImage } from '../../../compute/image';
import { Posture } from '../../../posture';
import { InvalidBackendError } from '../../../private/errors';
import { physicalName } from '../../../private/physical-name';
import { requireList } from '../../../private/props';
import { weeklyWindow, type Span } from '../../../private/windows';
import type { SelfHostedPostgresProps } from '../self-hosted-postgres-props';

const SHORTEST_DRILL_MINUTES = 60;

/** Connections of a cluster whose memory is not known. */
const USUAL_CONNECTIONS = 100;

/** A cluster with every default applied. */
export interface ClusterSettings {
  /** Name of the cluster for Patroni, etcd, pgBackRest and metrics. */
  readonly clusterName: string;
  readonly nodes: number;
  readonly stoppedNodes: number[];
  readonly instanceType: ec2.InstanceType;
  readonly image: InstanceImage;
  readonly allocatedStorage: Size;
  readonly iops?: number;
  readonly storageThroughput?: Size;
  readonly adminUsername: string;
  readonly backupRetention: Duration;
  readonly backupTime: string;
  readonly restoreDrills: boolean;
  readonly restoreDrillWindow: Span;
  readonly removalPolicy: RemovalPolicy;
  readonly synchronousModeStrict: boolean;
  readonly ttl: Duration;
  readonly loopWait: Duration;
  readonly retryTimeout: Duration;
  readonly superuserExtensions: string[];
  /** Whether there are instances. */
  readonly active: boolean;
  readonly parameters: { readonly [name: string]: string };
  /** None where it is known only at deployment. */
  readonly maxConnections?: number;
}

/** Applies the posture, and what follows from other props. An explicit prop wins. */
export function clusterSettings(scope: Construct, props: SelfHostedPostgresProps): ClusterSettings {
  requireList(scope, 'stoppedNodes', props.stoppedNodes);
  requireList(scope, 'superuserExtensions', props.superuserExtensions);
  const posture = Posture.of(scope);
  const nodes = props.nodes ?? (posture.multiAz ? 3 : 1);
  const instanceType = props.instanceType ?? enlarged(posture.databaseInstanceType);
  const parameters = lowerCase(props.parameters);
  const maxConnections = props.maxConnections ?? parameters.max_connections ?? nodeConnections(instanceType.toString()) ?? USUAL_CONNECTIONS;
  const settings: ClusterSettings = {
    clusterName: physicalName(scope),
    nodes,
    stoppedNodes: props.stoppedNodes ?? [],
    instanceType,
    image: props.imageId === undefined ? InstanceImage.debian13() : InstanceImage.debian13().prebuilt(props.imageId),
    allocatedStorage: props.allocatedStorage ?? posture.databaseAllocatedStorage,
    iops: props.iops,
    storageThroughput: props.storageThroughput,
    adminUsername: props.adminUsername ?? 'backend_admin',
    backupRetention: props.backupRetention ?? posture.backupRetention,
    backupTime: props.backupTime ?? '02:00',
    restoreDrills: props.restoreDrills ?? posture.restoreDrills,
    restoreDrillWindow: drillWindow(scope, props.restoreDrillWindow),
    removalPolicy: props.removalPolicy ?? posture.removalPolicy,
    synchronousModeStrict: props.synchronousModeStrict ?? nodes === 3,
    ttl: props.ttl ?? Duration.seconds(20),
    loopWait: props.loopWait ?? Duration.seconds(5),
    retryTimeout: props.retryTimeout ?? Duration.seconds(5),
    superuserExtensions: props.superuserExtensions ?? [],
    active: props.active ?? true,
    parameters: clusterParameters(parameters, maxConnections),
    maxConnections: countOf(maxConnections),
  };
  validateCluster(scope, props, settings);
  return settings;
}

/** The schedule is made of it at synth, so it can't be a token. */
function drillWindow(scope: Construct, window = 'sat:05:00-sun:05:00'): Span {
  const span = weeklyWindow(scope, 'restoreDrillWindow', window, SHORTEST_DRILL_MINUTES);
  if (span === undefined) {
    throw new InvalidBackendError(scope, 'SelfHostedPostgres.restoreDrillWindow', '`restoreDrillWindow` isn\'t known until deployment (it\'s a token), and the schedule of drills is made at synth. Use a literal like \'sat:05:00-sun:05:00\'.');
  }
  return span;
}

/** RDS keeps a server on 1 GiB, which a node shares with etcd and Patroni. */
function enlarged(instanceType: ec2.InstanceType): ec2.InstanceType {
  const [family, size] = instanceType.toString().split('.');
  return size === 'micro' ? new ec2.InstanceType(`${family}.small`) : instanceType;
}

function countOf(value: number | string): number | undefined {
  return Token.isUnresolved(value) || !/^\d+$/.test(String(value)) ? undefined : Number(value);
}
