/** A failure that people see: what is wrong and what to do. */
export class CertificateFailure extends Error {
  public constructor(public readonly code: string, message: string) {
    super(message);
    this.name = 'CertificateFailure';
  }
}

/** Whatever was thrown, as a text. */
export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
