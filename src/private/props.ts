import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError, type ProblemSource } from './errors';

/** What a prop must be. */
export interface Kind {
  /** Members that each such thing has. */
  readonly members: readonly string[];
  /** What to pass, as sentences. */
  readonly advice: string;
}

export const VPC: Kind = { members: ['vpcId', 'selectSubnets'], advice: 'Pass a VPC, for example `network.vpc` of a `BackendNetwork`.' };
export const CLUSTER: Kind = { members: ['clusterName', 'vpc'], advice: 'Pass a cluster, for example `new BackendCluster(this, \'Cluster\', { vpc })`.' };
export const IMAGE: Kind = { members: ['bind'], advice: 'Pass an image, for example `ServiceImage.fromDirectory(\'service\')`.' };
export const INGRESS_TARGET: Kind = { members: ['connections', 'port', 'attachToIngress'], advice: 'Pass something that answers requests, for example a `FargateApi`. A worker doesn\'t listen on a port.' };
export const ENDPOINT: Kind = { members: ['connections', 'endpoint', 'port'], advice: 'Pass a database server, a cache or a `FargateApi` with a discovery name, for example `database.server` or `user.cache`.' };
export const DATABASE: Kind = { members: ['databaseName', 'server', 'owner'], advice: 'Pass a database, for example `postgres.database` or `postgres.addDatabase(\'Orders\')`.' };
export const BINDING: Kind = { members: ['bindToService'], advice: 'Pass something to connect to, for example `database.addUser(\'Api\')`.' };
export const MOUNTABLE: Kind = { members: ['directory'], advice: 'Pass a file system, for example `new PrivateFileSystem(stack, \'Files\', { vpc })`, or import one with `PrivateFileSystem.fromPrivateFileSystemAttributes`.' };
export const VOLUME_SOURCE: Kind = { members: ['bindToTask'], advice: 'Pass a directory, for example `fileSystem.directory(\'/uploads\')`.' };
export const MONITORED_SERVICE: Kind = { members: ['metricCpuUtilization', 'metricMemoryUtilization'], advice: 'Pass a service, for example a `FargateApi` or a `FargateWorker`.' };
export const CONSTRUCT: Kind = { members: ['node'], advice: 'Pass a construct of this library.' };

/**
 * Refuses a value that is none, or of another kind. Compilers find it, and JavaScript and Python have none: there it would be a
 * `TypeError` deep inside.
 */
export function requireKind(source: ProblemSource, prop: string, value: object | undefined | null, { members, advice }: Kind): void {
  if (value === undefined || value === null) {
    throw new InvalidBackendError(source, 'Props.missing', `\`${prop}\` is missing. ${advice}`);
  }
  if (members.some((member) => !(member in Object(value)))) {
    throw new InvalidBackendError(source, 'Props.kind', `\`${prop}\` can't be ${nameOf(value)}. ${advice}`);
  }
}

/** Refuses a list that is a single thing. */
export function requireList(source: IConstruct, prop: string, value: unknown): void {
  if (value !== undefined && !Array.isArray(value)) {
    throw new InvalidBackendError(source, 'Props.list', `\`${prop}\` must be a list, got ${nameOf(value)}. Put the value in brackets.`);
  }
}

/** Refuses an id below which nothing can be made, before CDK does, which knows neither the method nor what is called so. */
export function requireNewId(owner: IConstruct, method: string, id: string, children: IConstruct): void {
  if (Token.isUnresolved(id)) {
    throw new InvalidBackendError(owner, 'Props.tokenId', `The id of \`${method}()\` isn't known until deployment (it's a token), and ids are part of the template. Use a literal id, and set the name among the options.`);
  }
  if (typeof id !== 'string' || id === '') {
    throw new InvalidBackendError(owner, 'Props.emptyId', `The id of \`${method}()\` must not be empty. Use an id such as 'Api'.`);
  }
  if (children.node.tryFindChild(id) !== undefined) {
    throw new InvalidBackendError(owner, 'Props.duplicateId', `\`${method}()\` was called with the id '${id}' before, and ids must be unique. Keep the result of the first call, or use another id.`);
  }
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'plain object'}` : `'${String(value)}'`;
}
