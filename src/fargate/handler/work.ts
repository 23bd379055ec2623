import { TaskFailure } from './response';
import { MIGRATION_RESOURCE_TYPE, REHEARSAL_RESOURCE_TYPE, type TaskRunEvent } from '../shared/run-task.contract';

/** What a task does for a deployment, for messages about it, and what follows from that. */
export interface Work {
  /** At the start of a sentence; verbs after it are the same for one and for many. */
  readonly subject: string;
  /** Within a sentence. */
  readonly name: string;
  /** What a rollback leaves alone. */
  readonly inRollback: string;
  readonly unchanged: string;
  /** What to do about a task that took too long: a sentence without its full stop. */
  readonly tooLong: string;
  /** Whether a task of another request, or of a person, must end first. */
  readonly exclusive: boolean;
}

const MIGRATIONS: Work = {
  subject: 'The migrations',
  name: 'the migrations',
  // The old migrations would meet the new schema. Going back is a decision of people, never of a rollback.
  inRollback: 'nothing was run and the schema was left as it is',
  unchanged: 'Neither the migrations nor the database changed',
  tooLong: 'Set a longer `timeout`, or move long work out of the deployment',
  exclusive: true,
};

/** @throws TaskFailure for a resource that this function does not know */
export function workOf({ ResourceType, ResourceProperties: { Service } }: TaskRunEvent): Work {
  switch (ResourceType) {
    case MIGRATION_RESOURCE_TYPE: return MIGRATIONS;
    case REHEARSAL_RESOURCE_TYPE: return rehearsalOf(`rehearsal of '${Service}'`);
    default: throw new TaskFailure('UNKNOWN_TYPE', `This function runs tasks for resources of the types '${MIGRATION_RESOURCE_TYPE}' and '${REHEARSAL_RESOURCE_TYPE}', not '${ResourceType}'. Declare migrations with \`MigrationTask\`, and rehearsals with \`rehearsal\` of a service.`);
  }
}

function rehearsalOf(name: string): Work {
  return {
    subject: `The ${name}`,
    name: `the ${name}`,
    inRollback: 'nothing was rehearsed',
    unchanged: 'The task definition didn\'t change',
    tooLong: 'Correct what keeps the containers from starting, or set a longer `timeout` in `rehearsal`',
    exclusive: false,
  };
}

/** Whether the task tries out a service, and nothing else. */
export function isRehearsal({ ResourceType }: TaskRunEvent): boolean {
  return ResourceType === REHEARSAL_RESOURCE_TYPE;
}
