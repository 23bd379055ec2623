/** What a user may do in its database. */
export enum PostgresAccess {
  /** Reads and writes rows and runs routines, in all tables that the owner makes, now and later. Makes no tables of its own. */
  READ_WRITE = 'READ_WRITE',

  /** Reads rows. Its transactions are read-only unless it says otherwise. */
  READ_ONLY = 'READ_ONLY',

  /** Acts as the owner of the database and of everything in it. Migrations run with this access. */
  OWNER = 'OWNER',
}

/** What happens to a user's role, and to what it owns, when the user leaves the stack. */
export enum PostgresUserRemoval {
  /** Objects that the role owns go to the owner of the database they are in; then the role is dropped. */
  REASSIGN = 'REASSIGN',

  /** Objects that the role owns are dropped, and whatever depends on them (`CASCADE`); then the role is dropped. */
  DROP_OWNED = 'DROP_OWNED',

  /** The role stays, with its objects, password and secret, and can be taken over with `AdoptExisting.takeOver()` in another stack. */
  RETAIN = 'RETAIN',
}

/** What happens to a database when it leaves the stack. The server keeps running in every case. */
export enum PostgresDatabaseRemoval {
  /** The database stays with all its data. */
  RETAIN = 'RETAIN',

  /** The database is dropped while it holds no tables. While it holds tables, deletion fails and says so. */
  DROP_IF_EMPTY = 'DROP_IF_EMPTY',

  /** The database is dropped with all its data, and its sessions are ended: also before the last snapshot of a server that goes with it. */
  DROP = 'DROP',
}
