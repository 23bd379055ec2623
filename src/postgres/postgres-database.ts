/** Options of a database. */
export interface PostgresDatabaseOptions {
  /**
   * Name of the database.
   *
   * @default - the id
   */
  readonly databaseName?: string;
}
export class PostgresDatabase {}
