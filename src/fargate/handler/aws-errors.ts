/** Errors of the control plane that pass by themselves. */
const TRANSIENT = new Set([
  'ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded', 'RequestThrottled', 'ServerException', 'ServiceException',
  'ServiceUnavailable', 'ServiceUnavailableException', 'InternalFailure', 'InternalServerError', 'LimitExceededException', 'TimeoutError', 'RequestTimeout',
  'AbortError', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN',
]);

/** Errors that a role or policy made moments ago causes until it is known everywhere. */
const UNSETTLED = /unable to assume|service linked role|not authorized to perform|access ?denied/i;

export function errorName(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  return code !== undefined && name === 'Error' ? code : name ?? 'Error';
}

/** Name and message, for a sentence that ends after it. */
export function errorText(error: unknown): string {
  return `${errorName(error)}: ${error instanceof Error ? error.message : String(error)}`.replace(/\.$/, '');
}

/** Whether the same call may succeed a moment later: throttled, cut off, or answered with a server error. */
export function isTransient(error: unknown): boolean {
  const { $metadata, $retryable } = error as { $metadata?: { httpStatusCode?: number }; $retryable?: object };
  return TRANSIENT.has(errorName(error)) || $retryable !== undefined || ($metadata?.httpStatusCode ?? 0) >= 500;
}

/** Whether the call failed on permissions or roles, which take some seconds to be known everywhere. */
export function isUnsettled(error: unknown): boolean {
  return UNSETTLED.test(errorText(error));
}
