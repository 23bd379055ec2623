import { ConductorError } from './conductor-error';

/** Properties as they arrive: nothing about them is certain. */
export type RawProperties = { readonly [name: string]: unknown };

/** The text of a property. */
export function text(properties: RawProperties, name: string): string {
  const value = properties[name];
  if (typeof value !== 'string' || value === '') {
    throw invalid(name, value, 'a text that is not empty');
  }
  return value;
}

/** One of a few words. */
export function oneOf<T extends string>(properties: RawProperties, name: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === properties[name]);
  if (found === undefined) {
    throw invalid(name, properties[name], `one of ${allowed.join(', ')}`);
  }
  return found;
}

/** `true` or `false`; false where it is missing. */
export function flag(properties: RawProperties, name: string): boolean {
  return properties[name] !== undefined && oneOf({ [name]: String(properties[name]) }, name, ['true', 'false']) === 'true';
}

/** A list of texts; empty where it is missing. */
export function list(properties: RawProperties, name: string): string[] {
  const value = properties[name] ?? [];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== '')) {
    throw invalid(name, value, 'a list of texts');
  }
  return value;
}

/** Texts by name; none where it is missing. */
export function record(properties: RawProperties, name: string): Record<string, string> {
  const value = properties[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value) || value === null || !Object.values(value).every((each) => typeof each === 'string')) {
    throw invalid(name, value, 'texts by name');
  }
  return value as Record<string, string>;
}

/** An error about a property. */
export function invalid(name: string, value: unknown, allowed: string): ConductorError {
  const found = (value === undefined ? 'missing' : JSON.stringify(value)).slice(0, 200);
  return new ConductorError('INVALID_PROPERTY', `Property '${name}' is ${found}, and must be ${allowed}. Change the value where the resource is declared.`);
}
