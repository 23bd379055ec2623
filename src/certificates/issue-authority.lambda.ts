import { KMSClient } from '@aws-sdk/client-kms';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { handleAuthorityRequest } from './handler/issue-authority';
import { putResponse } from '../private/handler/put-response';

const kms = new KMSClient({ maxAttempts: 5, requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000 } });

/** Answers CloudFormation for `Custom::CertificateAuthority`. */
export async function handler(event: CloudFormationCustomResourceEvent, context: Pick<Context, 'logGroupName'>): Promise<void> {
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  await handleAuthorityRequest(event, {
    kms,
    logGroup: context.logGroupName,
    respond: (url, body) => putResponse(url, body, { sleep }),
    now: () => Date.now(),
    log: (message, details) => console.log(JSON.stringify({ message, ...details })),
  });
}
