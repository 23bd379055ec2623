/** Something that the service needs did not answer. The caller may try again. */
export class UnavailableError extends Error {
  public readonly statusCode = 503;

  public constructor(what: string, cause: unknown) {
    super(`${what} is not available at the moment. Try again.`, { cause });
  }
}
