import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** The runbook that comes with the library. */
export const RUNBOOK_URL = 'https://github.com/cdk-private-backend/cdk-private-backend/blob/main/docs/monitoring.md';

/** An address that sections can be added to. */
export function validateRunbookUrl(scope: IConstruct, url: string): string {
  if (!Token.isUnresolved(url) && !/^https?:\/\/[^\s#]+$/.test(url)) {
    throw new InvalidBackendError(scope, 'BackendMonitoring.runbookUrl', `\`runbookUrl\` must be an HTTP address without '#', such as 'https://wiki.example.com/runbook', got '${url}'. Each alarm adds '#' and its section.`);
  }
  return url;
}
