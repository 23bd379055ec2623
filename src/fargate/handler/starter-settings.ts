import type { CapacityProviderStrategyItem } from '@aws-sdk/client-ecs';
import type { TaskTarget } from '../shared/run-task.contract';
import { StarterVariable } from '../shared/start-task.contract';

/** What a starter starts, and how. */
export interface StarterSettings extends TaskTarget {
  readonly CapacityProviders?: CapacityProviderStrategyItem[];
  /** Whether no second task may run beside one of the family. */
  readonly exclusive: boolean;
}

/** Reads the settings of a starter from its environment, and so from nowhere else. */
export function starterSettings(environment: { readonly [name: string]: string | undefined }): StarterSettings {
  const read = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') {
      throw new Error(`The environment variable ${name} of the starter is missing. Deploy the stack again.`);
    }
    return value;
  };
  const definition = read(StarterVariable.TASK_DEFINITION);
  const providers = environment[StarterVariable.CAPACITY_PROVIDERS];
  return {
    Cluster: read(StarterVariable.CLUSTER),
    TaskDefinition: definition,
    Family: familyOf(definition),
    Container: read(StarterVariable.CONTAINER),
    Subnets: read(StarterVariable.SUBNETS).split(','),
    SecurityGroups: read(StarterVariable.SECURITY_GROUPS).split(','),
    AssignPublicIp: read(StarterVariable.ASSIGN_PUBLIC_IP) === 'ENABLED' ? 'ENABLED' : 'DISABLED',
    LogGroup: read(StarterVariable.LOG_GROUP),
    LogStreamPrefix: read(StarterVariable.LOG_STREAM_PREFIX),
    CapacityProviders: providers === undefined ? undefined : JSON.parse(providers) as CapacityProviderStrategyItem[],
    exclusive: environment[StarterVariable.EXCLUSIVE] === 'true',
  };
}

/** What stands between the last `/` and the revision in the ARN of a task definition. */
function familyOf(definition: string): string {
  return definition.replace(/^.*\//, '').replace(/:\d+$/, '');
}
