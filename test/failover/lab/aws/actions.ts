import type { Answer, Instance } from './instances';
import { zoneOf } from './instances';
import { ADMIN, CLUSTER, isElsewhere, REGION } from '../constants';
import type { Signer } from '../signer';

/** What the actions know. */
export interface Account {
  readonly instances: () => Instance[];
  readonly signer: Signer;
  /** Contents of secrets by ARN. */
  readonly secrets: ReadonlyMap<string, object>;
}

/** Tag of the groups of a cluster that another region may take over from. */
const CLUSTER_TAG = 'cdk-private-backend-cluster';

type Input = Readonly<Record<string, unknown>>;

type Action = (account: Account, input: Input) => Answer | Promise<Answer>;

export const ADMIN_SECRET = `arn:aws:secretsmanager:${REGION}:111122223333:secret:failover-admin-AbCdEf`;

export const CLUSTER_SECRET = `arn:aws:secretsmanager:${REGION}:111122223333:secret:failover-cluster-AbCdEf`;

/** Pass of the backups of the cluster in another region. */
export const ELSEWHERE_SECRET = `arn:aws:secretsmanager:${REGION}:111122223333:secret:recovered-cluster-AbCdEf`;

/** Volume of a node. */
export function volumeOf(node: number): string {
  return `vol-${String(node).padStart(17, '0')}`;
}

/** Contents of the secrets of a new cluster. */
export function newSecrets(): Map<string, object> {
  return new Map<string, object>([[ADMIN_SECRET, ADMIN], [CLUSTER_SECRET, { cipherPass: 'lab-cipher-pass-of-more-than-forty-characters' }],
    [ELSEWHERE_SECRET, { cipherPass: 'another-cipher-pass-of-more-than-forty-characters' }]]);
}

const json = (body: object, status = 200): Answer => ({ status, type: 'application/x-amz-json-1.1', body: JSON.stringify(body) });

/** Error in the form of JSON protocols. */
export const jsonError = (code: string, message: string, status = 400): Answer => json({ __type: code, message }, status);

const xml = (action: string, content: string): Answer => ({
  type: 'text/xml',
  body: `<${action}Response><${action}Result>${content}</${action}Result><ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></${action}Response>`,
});

/** Error in the form of query protocols. */
export const xmlError = (code: string, message: string): Answer => ({
  status: 400, type: 'text/xml', body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>lab</RequestId></ErrorResponse>`,
});

function getSecretValue({ secrets }: Account, { SecretId }: Input): Answer {
  const value = secrets.get(String(SecretId));
  return value === undefined
    ? jsonError('ResourceNotFoundException', `Secrets Manager can't find the specified secret '${String(SecretId)}'.`)
    : json({ ARN: SecretId, Name: 'failover', VersionId: '1', SecretString: JSON.stringify(value), VersionStages: ['AWSCURRENT'] });
}

/** What the function throws is its answer, with a header that says so. */
async function invoke({ signer }: Account, { FunctionName, Payload }: Input): Promise<Answer> {
  try {
    const signed = await signer.sign(JSON.parse(String(Payload)), String(FunctionName));
    return { ...json(signed), headers: { 'x-amz-executed-version': '$LATEST' } };
  } catch (error) {
    return { ...json({ errorType: 'Error', errorMessage: (error as Error).message }), headers: { 'x-amz-function-error': 'Unhandled' } };
  }
}

function describeAutoScalingInstances({ instances }: Account, input: Input): Answer {
  const wanted = Object.entries(input).filter(([name]) => name.startsWith('InstanceIds.')).map(([, value]) => value);
  const members = instances().filter(({ instanceId }) => wanted.length === 0 || wanted.includes(instanceId)).map(({ instanceId, node, group, targetState }) => [
    '<member>', `<InstanceId>${instanceId}</InstanceId>`, `<AutoScalingGroupName>${group}</AutoScalingGroupName>`, `<AvailabilityZone>${zoneOf(REGION, node)}</AvailabilityZone>`,
    `<LifecycleState>${targetState === 'InService' ? 'InService' : 'Terminating:Wait'}</LifecycleState>`, '<HealthStatus>HEALTHY</HealthStatus>',
    '<ProtectedFromScaleIn>false</ProtectedFromScaleIn>', '</member>',
  ].join(''));
  return xml('DescribeAutoScalingInstances', `<AutoScalingInstances>${members.join('')}</AutoScalingInstances>`);
}

/** The group must be the instance's own. */
function lifecycleAction(name: string): Action {
  return ({ instances }, { AutoScalingGroupName, InstanceId }) => {
    const found = instances().find((instance) => instance.instanceId === InstanceId && instance.group === AutoScalingGroupName);
    return found === undefined ? xmlError('ValidationError', `No active Lifecycle Action found with instance ID ${String(InstanceId)}`) : xml(name, '');
  };
}

/** By the tag that names their cluster. The group of another cluster is not there. */
function describeAutoScalingGroups({ instances }: Account, input: Input): Answer {
  const asked = input['Filters.member.1.Name'] === `tag:${CLUSTER_TAG}` && input['Filters.member.1.Values.member.1'] === CLUSTER;
  const groups = instances().filter(({ node }) => asked && !isElsewhere(node)).map(({ group }) => `<member><AutoScalingGroupName>${group}</AutoScalingGroupName></member>`);
  return xml('DescribeAutoScalingGroups', `<AutoScalingGroups>${groups.join('')}</AutoScalingGroups>`);
}

function detachVolume(_: Account, { VolumeId }: Input): Answer {
  return { type: 'text/xml', body: `<DetachVolumeResponse><requestId>lab</requestId><volumeId>${String(VolumeId)}</volumeId><status>detaching</status></DetachVolumeResponse>` };
}

/** Everything that nodes call, by its name in IAM policies. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  'secretsmanager:GetSecretValue': getSecretValue,
  'lambda:InvokeFunction': invoke,
  'cloudwatch:PutMetricData': () => xml('PutMetricData', ''),
  'autoscaling:DescribeAutoScalingInstances': describeAutoScalingInstances,
  'autoscaling:CompleteLifecycleAction': lifecycleAction('CompleteLifecycleAction'),
  'autoscaling:RecordLifecycleActionHeartbeat': lifecycleAction('RecordLifecycleActionHeartbeat'),
  'autoscaling:DescribeAutoScalingGroups': describeAutoScalingGroups,
  'autoscaling:TerminateInstanceInAutoScalingGroup': () => xml('TerminateInstanceInAutoScalingGroup', ''),
  'autoscaling:UpdateAutoScalingGroup': () => xml('UpdateAutoScalingGroup', ''),
  'ec2:DetachVolume': detachVolume,
};
