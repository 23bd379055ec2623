import type { IConstruct } from 'constructs';
import { CLUSTER, IMAGE, requireKind, requireList, type Kind } from '../../private/props';
import type { CommonTaskProps } from '../common-task-props';

const PREREQUISITE: Kind = { members: ['runBefore'], advice: 'Pass a `MigrationTask`.' };

/** Refuses what only a compiler would find. */
export function requireTaskProps(scope: IConstruct, { cluster, image, connectTo, migrations }: CommonTaskProps): void {
  requireKind(scope, 'cluster', cluster, CLUSTER);
  requireKind(scope, 'image', image, IMAGE);
  requireList(scope, 'connectTo', connectTo);
  requireList(scope, 'migrations', migrations);
  migrations?.forEach((migration) => requireKind(scope, 'migrations', migration, PREREQUISITE));
}
