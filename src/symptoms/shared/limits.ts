import { Token, Tokenization, type Duration, type Size } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** A share of something, else its default. */
export function percent(scope: IConstruct, name: string, value: number | undefined, standard: number, least = 1): number {
  const chosen = value ?? standard;
  if (!Token.isUnresolved(chosen) && !(chosen >= least && chosen > 0 && chosen <= 100)) {
    throw new InvalidBackendError(scope, 'MonitorOptions.percent', `\`${name}\` must be ${least === 0 ? 'more than 0 and at most 100' : `from ${least} to 100`} percent, got ${chosen}.`);
  }
  return chosen;
}

/** A number of things, else its default. */
export function count(scope: IConstruct, name: string, value: number): number {
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= 1)) {
    throw new InvalidBackendError(scope, 'MonitorOptions.count', `\`${name}\` must be a whole number of at least 1, got ${value}.`);
  }
  return value;
}

/** A number for texts, also one that is known only at deployment. */
export function shown(value: number): string {
  return Tokenization.stringifyNumber(value);
}

/** A time in seconds, for thresholds and texts. */
export function seconds(scope: IConstruct, name: string, value: Duration): number {
  const chosen = value.isUnresolved() ? undefined : value.toSeconds({ integral: false });
  if (chosen === undefined || chosen <= 0) {
    throw new InvalidBackendError(scope, 'MonitorOptions.duration', `\`${name}\` must be longer than 0 seconds, got ${chosen === undefined ? 'a duration that isn\'t known until deployment (it\'s a token)' : `${chosen} seconds`}.`);
  }
  return chosen;
}

/** A size in bytes, for thresholds. */
export function bytes(scope: IConstruct, name: string, value: Size): number {
  const chosen = value.isUnresolved() ? undefined : value.toBytes();
  if (chosen === undefined || chosen <= 0) {
    throw new InvalidBackendError(scope, 'MonitorOptions.size', `\`${name}\` must be more than 0 bytes, got ${chosen === undefined ? 'a size that isn\'t known until deployment (it\'s a token)' : `${chosen} bytes`}.`);
  }
  return chosen;
}
