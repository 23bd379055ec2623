import type { Database } from './database';

/** Who was born when. */
export interface People {
  /** Remembers a date of birth (`YYYY-MM-DD`), instead of any remembered before. */
  remember(username: string, dateOfBirth: string): Promise<void>;
  /** The date of birth (`YYYY-MM-DD`) of a person, if known. */
  find(username: string): Promise<string | undefined>;
  /** Fails when people cannot be read or written now. */
  check(): Promise<void>;
}

/** People kept in the table `people`. */
export function storedPeople(database: Database): People {
  return {
    remember: async (username, dateOfBirth) => {
      await database.query(
        `INSERT INTO people (username, date_of_birth) VALUES ($1, $2)
         ON CONFLICT (username) DO UPDATE SET date_of_birth = EXCLUDED.date_of_birth, updated_at = now()`,
        [username, dateOfBirth],
      );
    },
    // As text: the driver would turn a date into an instant at midnight of the local time zone.
    find: async (username) => {
      const rows = await database.query("SELECT to_char(date_of_birth, 'YYYY-MM-DD') AS born FROM people WHERE username = $1", [username]);
      return rows[0]?.born as string | undefined;
    },
    check: async () => {
      await database.queryOnce('SELECT 1 FROM people LIMIT 1');
    },
  };
}
