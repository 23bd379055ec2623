/** The value, or the first of those that there are; a typing error is not the default. */
export function oneOf(name: string, value: string | undefined, values: string[]): string {
  if (value !== undefined && !values.includes(value)) {
    throw new Error(`'${name}' is ${values.map((each) => `'${each}'`).join(' or ')}, got '${value}'.`);
  }
  return value ?? values[0];
}
