import { BoundedList } from '../../../../../broker/handler/sql/bounded-list';
import type { StoredMark } from '../../../../../broker/handler/sql/owner-mark';
import type { Removal } from '../../../../../broker/handler/sql/sql-engine';
import { cutToBytes, MAX_BYTES } from '../../../names';
import type { LockedServer } from '../locked-server';
import { identifier } from '../quote';
import type { Pace } from '../small-steps';

/** What becomes of the objects that a role owns. */
export type ObjectsPolicy = 'REASSIGN' | 'DROP_OWNED';

/** A role that is being removed, and all that it takes. */
export interface Leaving {
  readonly server: LockedServer;
  readonly pace: Pace;
  readonly name: string;
  /** As SQL: renamed or not, a role keeps its id. */
  readonly oid: string;
  /** The resource that the role belonged to. */
  readonly mark: StoredMark;
  readonly ledger: Ledger;
}

/** What was done, and what stays, as far as an answer can hold it. */
export class Ledger {
  public readonly changes = new BoundedList();
  public readonly left = new BoundedList();

  public removal(): Removal {
    return { changes: this.changes.values(), left: this.left.values() };
  }
}

/** The name of a role that stays for its own code only, so that its former name is free. */
export function retiredName({ name, oid }: Pick<Leaving, 'name' | 'oid'>): string {
  const suffix = `_removed_${oid}`;
  return `${cutToBytes(name, MAX_BYTES - suffix.length)}${suffix}`;
}

/** A statement as the ledger has it. */
export function inDatabaseNote(statement: string, databaseName: string): string {
  return `${statement} -- in ${identifier(databaseName)}`;
}
