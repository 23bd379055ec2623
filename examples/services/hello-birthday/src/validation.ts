import { isBefore, parseDate, type CalendarDate } from './birthday';

/** A request that cannot be right, whatever is stored. The message is for the caller. */
export class InvalidRequestError extends Error {
  public readonly statusCode = 400;
}

const LONGEST_USERNAME = 64;

/**
 * The key under which a person is kept. Usernames are the letters A to Z in either case, and case does not matter:
 * `Ada` and `ada` are one person.
 */
export function usernameKey(username: string): string {
  if (!/^[A-Za-z]+$/.test(username)) {
    throw new InvalidRequestError('The username must consist of the letters A to Z only.');
  }
  if (username.length > LONGEST_USERNAME) {
    throw new InvalidRequestError(`The username must have at most ${LONGEST_USERNAME} letters.`);
  }
  return username.toLowerCase();
}

/** The date of birth in a request body `{"dateOfBirth": "YYYY-MM-DD"}`, as it was written. */
export function dateOfBirth(body: unknown, today: CalendarDate): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidRequestError('The body must be a JSON object like {"dateOfBirth":"1990-06-21"}.');
  }
  const { dateOfBirth: text, ...others } = body as Record<string, unknown>;
  if (Object.keys(others).length > 0) {
    throw new InvalidRequestError('The body must have no property besides "dateOfBirth".');
  }
  if (typeof text !== 'string') {
    throw new InvalidRequestError('"dateOfBirth" must be a string like "1990-06-21".');
  }
  const date = parseDate(text);
  if (date === undefined) {
    throw new InvalidRequestError('"dateOfBirth" must be a date of the calendar, written YYYY-MM-DD.');
  }
  if (!isBefore(date, today)) {
    throw new InvalidRequestError('"dateOfBirth" must be before today (UTC).');
  }
  return text;
}
