let broken: unknown;

// A hook that throws fails its test, also one that is marked as failing.
afterEach(() => {
  const error = broken;
  broken = undefined;
  if (error !== undefined) throw error;
});

/**
 * The body of the case of a known fault. Only an expectation shows the fault: whatever else the body throws is a fault of the
 * case, and fails it even while it is marked with `test.failing`.
 */
export function expecting(body: () => Promise<void> | void): () => Promise<void> {
  return async () => {
    try {
      await body();
    } catch (error) {
      if (!isExpectation(error)) broken = error;
      throw error;
    }
  };
}

function isExpectation(error: unknown): boolean {
  return error instanceof Error && 'matcherResult' in error;
}
