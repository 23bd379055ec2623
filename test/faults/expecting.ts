let broken: unknown;

// A hook that throws fails its test, also one that is marked as failing.
afterEach(() => {
  const error = broken;
  broken = undefined;
  if (error !== undefined) throw error;
});

const HANGS = new Error('The case has not ended, and a case that hangs shows no fault.');

/**
 * The body of the case of a known fault. Only an expectation shows the fault: whatever else the body throws is a fault of the
 * case, and fails it even while it is marked with `test.failing`; so does a time-out.
 */
export function expecting(body: () => Promise<void> | void): () => Promise<void> {
  return async () => {
    broken = HANGS;
    try {
      await body();
      broken = undefined;
    } catch (error) {
      broken = isExpectation(error) ? undefined : error;
      throw error;
    }
  };
}

function isExpectation(error: unknown): boolean {
  return error instanceof Error && 'matcherResult' in error;
}
