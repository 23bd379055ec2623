/** A request that cannot be right, whatever is stored. The message is for the caller. */
export class InvalidRequestError extends Error {
  public constructor(message: string, public readonly statusCode = 400) {
    super(message);
  }
}

const LONGEST_TEXT = 10_000;

/** The value of the header `Idempotency-Key`. */
export function idempotencyKey(header: string | string[] | undefined): string {
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header)) {
    throw new InvalidRequestError('The header Idempotency-Key must be 1 to 200 visible characters, and the same again when the request is repeated.');
  }
  return header;
}

/** The text in a request body `{"text": "…"}`. */
export function textOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidRequestError('The body must be a JSON object like {"text":"…"}.');
  }
  const { text, ...others } = body as Record<string, unknown>;
  if (Object.keys(others).length > 0) {
    throw new InvalidRequestError('The body must have no property besides "text".');
  }
  // PostgreSQL stores no U+0000.
  if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT || text.includes('\0')) {
    throw new InvalidRequestError(`"text" must be a string of 1 to ${LONGEST_TEXT} characters without U+0000.`);
  }
  return text;
}

/** Whether this can be the id of a job. */
export function isJobId(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
}
