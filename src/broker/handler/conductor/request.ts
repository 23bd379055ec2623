import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import type { ConductorEngine } from './conductor-engine';
import { ConductorError } from './conductor-error';

/** A request of CloudFormation, or the same handed over by an earlier invocation. */
export type ConductorEvent = CloudFormationCustomResourceEvent & {
  /** Which invocation this is; nothing for the first. */
  readonly Invocation?: number;
};

/** What a resource is: decides which operations it has. */
export type ResourceKind = 'database' | 'user';

const NEVER_CREATED = 'never-created:';

/** The kind that a resource type stands for. */
export function kindOf(event: ConductorEvent, { databaseType, userType }: ConductorEngine): ResourceKind {
  switch (event.ResourceType) {
    case databaseType: return 'database';
    case userType: return 'user';
    default: throw new ConductorError('UNKNOWN_TYPE', `This library makes resources of the types '${databaseType}' and '${userType}' here, not '${event.ResourceType}'. Declare databases and users with the constructs of this library.`);
  }
}

/**
 * Physical id of an object. It is the name and nothing else: another name is a replacement, so CloudFormation deletes the
 * old object only after everything that used it was updated; and a replaced server is no replacement of what is on it.
 */
export function physicalIdOf(kind: ResourceKind, name: string): string {
  return `${kind}:${name}`;
}

/** Name of the object with this physical id; nothing where it was never created. */
export function nameOf(kind: ResourceKind, physicalId: string): string | undefined {
  return physicalId.startsWith(`${kind}:`) ? physicalId.slice(kind.length + 1) : undefined;
}

/** Physical id of something whose creation failed before anything was done. */
export function neverCreatedId(event: ConductorEvent): string {
  return `${NEVER_CREATED}${event.LogicalResourceId}`;
}
