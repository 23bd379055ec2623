import { Token } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { discoveryOf } from './discovery';
import type { RehearsalPlan } from './plans';
import type { ServiceInputs } from './service-inputs';
import type { ServicePlan } from './service-plan';
import { Posture } from '../../posture';
import { InvalidBackendError, warn } from '../../private/errors';
import { seconds } from '../../private/ranges';
import type { CommonServiceProps } from '../common-service-props';
import { ServiceRehearsal } from '../service-rehearsal';
import type { ServiceVolume } from '../service-volume';
import type { SidecarOptions } from '../sidecar';

/** CloudFormation waits an hour, of which the function needs some, and the start of the task. */
const LONGEST_SECONDS = 2400;

/** What speaks for a rehearsal, or against it. */
export interface RehearsalCase {
  readonly plan: Pick<ServicePlan, 'port' | 'minTasks' | 'deployment'>;
  readonly inputs: Pick<ServiceInputs, 'consumes'>;
}

/** Whether a service is rehearsed, and how. */
export function planRehearsal(scope: IConstruct, props: CommonServiceProps, given: RehearsalCase): RehearsalPlan | undefined {
  if (props.rehearsal === undefined) {
    return isRehearsedByDefault(scope, props, given) ? ServiceRehearsal.enabled()._plan : undefined;
  }
  const { _plan: rehearsal } = props.rehearsal;
  if (rehearsal !== undefined) {
    const { timeout, stableTime } = rehearsal;
    seconds(scope, 'rehearsal.timeout', timeout, 10, LONGEST_SECONDS);
    seconds(scope, 'rehearsal.stableTime', stableTime, 1, timeout.isUnresolved() ? LONGEST_SECONDS : timeout.toSeconds());
    adviseOnServiceConnect(scope, props.cluster);
  }
  return rehearsal;
}

/** Not where a second task may do harm or cannot work, unless somebody says so. */
function isRehearsedByDefault(scope: IConstruct, { cluster, volumes = [] }: CommonServiceProps, { plan, inputs }: RehearsalCase): boolean {
  const { maxHealthyPercent } = plan.deployment;
  return plan.port !== undefined
    && Posture.of(scope).rehearsal
    && !inputs.consumes
    && plan.minTasks !== 0
    && (Token.isUnresolved(maxHealthyPercent) || maxHealthyPercent > 100)
    && !writesFiles(volumes)
    && discoveryOf(cluster)?.kind !== 'connect';
}

/** Whether a container writes to files that other tasks see. */
function writesFiles(volumes: ServiceVolume[] = []): boolean {
  return volumes.some(({ _plan: { efs, readOnly } }) => efs !== undefined && readOnly !== true);
}

/** Refuses a sidecar for which a second task is not harmless, where nobody has asked for one. */
export function validateRehearsedSidecar(scope: IConstruct, id: string, { volumes }: SidecarOptions): void {
  if (writesFiles(volumes)) {
    throw new InvalidBackendError(scope, 'ServiceRehearsal.sidecarWrites', `The sidecar '${id}' writes to an EFS volume, and so would the task of the rehearsal, which the posture turns on. `
      + 'Set `rehearsal: ServiceRehearsal.enabled()` if two tasks may write at once, or `rehearsal: ServiceRehearsal.disabled()`.');
  }
}

function adviseOnServiceConnect(scope: IConstruct, cluster: ICluster): void {
  const discovery = discoveryOf(cluster);
  if (discovery?.kind === 'connect') {
    warn(scope, 'ServiceRehearsal.serviceConnect', 'The task of the rehearsal can\'t find other services by the names of Service Connect, which only tasks of services can resolve. '
      + `Use \`serviceDiscovery: DiscoveryNamespace.privateDns('${discovery.namespaceName}')\` on the cluster, or a service that starts without other services.`);
  }
}
