import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** The runbook that comes with the library. */
export const RUNBOOK_URL = 'https://github.com/cdk-private-backend/cdk-private-backend/blob/main/docs/monitoring.md';

/** An address that sections can be added to. */
export function validateRunbookUrl(scope: IConstruct, url: string): string {
  if (!Token.isUnresolved(url) && !/^https?:\/\/[^\s#]+$/.test(url)) {
    throw new InvalidBackendError(scope, `runbookUrl must be an address like 'https://wiki.example.com/runbook' without '#', to which alarms add their section, got '${url}'.`);
  }
  return url;
}
