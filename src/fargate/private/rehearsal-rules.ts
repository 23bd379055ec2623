import { Token } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { discoveryOf } from './discovery';
import type { RehearsalPlan } from './plans';
import type { ServicePlan } from './service-plan';
import { type Connected, type TaskBindings, volumesOf } from './task-bindings';
import type { ServiceVolume, SidecarOptions } from '../../binding';
import { Posture } from '../../posture';
import { InvalidBackendError, warn } from '../../private/errors';
import { seconds } from '../../private/ranges';
import type { CommonServiceProps } from '../common-service-props';
import { ServiceRehearsal } from '../service-rehearsal';

/** CloudFormation waits an hour, of which the function needs some, and the start of the task. */
const LONGEST_SECONDS = 2400;

/** What speaks for a rehearsal, or against it. */
export interface RehearsalCase {
  readonly plan: Pick<ServicePlan, 'port' | 'minTasks' | 'deployment'>;
  readonly bindings: Pick<TaskBindings, 'consumes' | 'mounted'>;
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
function isRehearsedByDefault(scope: IConstruct, { cluster, volumes = [] }: CommonServiceProps, { plan, bindings }: RehearsalCase): boolean {
  const { maxHealthyPercent } = plan.deployment;
  return plan.port !== undefined
    && Posture.of(scope).rehearsal
    && !bindings.consumes
    && plan.minTasks !== 0
    && (Token.isUnresolved(maxHealthyPercent) || maxHealthyPercent > 100)
    && writtenVolume([...volumes, ...bindings.mounted]) === undefined
    && discoveryOf(cluster)?.kind !== 'connect';
}

/** Refuses a sidecar for which a second task is not harmless, where nobody has asked for one. */
export function validateRehearsedSidecar(scope: IConstruct, id: string, { volumes }: SidecarOptions): void {
  refuseSecondTask(scope, `The sidecar '${id}'`, writtenVolume(volumes));
}

/** The same for a binding that comes after it was decided whether there is a rehearsal, since that was made with the service. */
export function validateRehearsedBinding(scope: IConstruct, binding: Connected): void {
  refuseSecondTask(scope, `The binding of ${binding.origin}`, writtenVolume(volumesOf(binding)), binding._consumes);
}

function refuseSecondTask(scope: IConstruct, subject: string, written?: string, consumes = false): void {
  if (written !== undefined || consumes) {
    const harm = written === undefined ? 'takes work from other tasks' : `writes to the volume '${written}', whose files other tasks see`;
    throw new InvalidBackendError(scope, 'ServiceRehearsal.secondTask', `${subject} ${harm}, and so would the task of the rehearsal, which the posture turns on. `
      + 'Set `rehearsal: ServiceRehearsal.enabled()` if two tasks may do so at once, or `rehearsal: ServiceRehearsal.disabled()`.');
  }
}

/** The first volume in which other tasks see what a container writes. */
function writtenVolume(volumes: ServiceVolume[] = []): string | undefined {
  return volumes.find(({ _plan: { source, readOnly } }) => source !== undefined && source.sharedWrites !== false && readOnly !== true)?._plan.id;
}

function adviseOnServiceConnect(scope: IConstruct, cluster: ICluster): void {
  const discovery = discoveryOf(cluster);
  if (discovery?.kind === 'connect') {
    warn(scope, 'ServiceRehearsal.serviceConnect', 'The task of the rehearsal can\'t find other services by the names of Service Connect, which only tasks of services can resolve. '
      + `Use \`serviceDiscovery: DiscoveryNamespace.privateDns('${discovery.namespaceName}')\` on the cluster, or a service that starts without other services.`);
  }
}
