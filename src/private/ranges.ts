import { Token, type Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from './errors';

/** Refuses a number that is not whole or out of its range. */
export function integer(scope: IConstruct, name: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && !Token.isUnresolved(value) && (!Number.isInteger(value) || value < min || value > max)) {
    throw new InvalidBackendError(scope, 'Props.wholeNumber', `\`${name}\` must be a whole number from ${min} to ${max}, got ${value}.`);
  }
}

/** Refuses a time that is not in whole seconds or out of its range. */
export function seconds(scope: IConstruct, name: string, value: Duration | undefined, min: number, max: number): void {
  if (value === undefined || value.isUnresolved()) {
    return;
  }
  const given = value.toSeconds({ integral: false });
  if (!Number.isInteger(given) || given < min || given > max) {
    throw new InvalidBackendError(scope, 'Props.wholeSeconds', `\`${name}\` must be from ${min} to ${max} whole seconds, got ${given}.`);
  }
}
