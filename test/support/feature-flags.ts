import recommended from 'aws-cdk-lib/recommended-feature-flags.json';

/** Context with every feature flag at the value that AWS recommends for new projects. */
export function allFlags(): Record<string, unknown> {
  return { ...recommended };
}
