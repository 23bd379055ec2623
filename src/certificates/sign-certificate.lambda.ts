import { KMSClient } from '@aws-sdk/client-kms';
import type { Context } from 'aws-lambda';
import type { SignerAnswer } from './certificates.contract';
import { CertificateFailure } from './handler/certificate-failure';
import { signRequest } from './handler/sign-request';

const kms = new KMSClient({ maxAttempts: 5, requestHandler: { connectionTimeout: 2000, requestTimeout: 4000 } });

/** Entry point of the signer. Who may invoke an alias of it gets certificates with the names of that alias. */
export async function handler(event: unknown, context: Pick<Context, 'invokedFunctionArn'>): Promise<SignerAnswer> {
  try {
    return await signRequest(event, context.invokedFunctionArn, {
      kms,
      env: process.env,
      now: () => Date.now(),
      log: (message, details) => console.log(JSON.stringify({ message, ...details })),
    });
  } catch (error) {
    throw error instanceof CertificateFailure ? new Error(`[${error.code}] ${error.message}`) : error;
  }
}
