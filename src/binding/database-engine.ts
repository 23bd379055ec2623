/** The kind of a database server: its dialect of SQL, and how clients connect. */
export class DatabaseEngine {
  /**
   * An engine by its name.
   *
   * @param engineName as people write it, such as `PostgreSQL`
   */
  public static of(engineName: string): DatabaseEngine {
    return new DatabaseEngine(engineName);
  }

  private constructor(
    /** Name as people write it, such as `PostgreSQL`. */
    public readonly engineName: string,
  ) {}
}
