import { Token } from 'aws-cdk-lib';

/** A value as messages show it. */
export function shown(value: string | number): string {
  if (Token.isUnresolved(value)) {
    return 'a value that isn\'t known until deployment (it\'s a token)';
  }
  return typeof value === 'string' ? `'${value}'` : `${value}`;
}
