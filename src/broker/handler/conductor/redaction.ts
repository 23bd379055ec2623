const MASK = '********';

/** Remembers the passwords that one request has seen and keeps them out of everything that is said. */
export class Redaction {
  private readonly secrets = new Set<string>();

  /** Remembers a secret in the forms that it could appear in. */
  public remember(secret: string): void {
    if (secret.length > 0) {
      this.secrets.add(secret);
      this.secrets.add(JSON.stringify(secret).slice(1, -1));
      if (!/\p{Surrogate}/u.test(secret)) {
        this.secrets.add(encodeURIComponent(secret));
      }
    }
  }

  /** The same with every text in it redacted, also in lists. */
  public redactValues(entry: { readonly [key: string]: unknown }): { readonly [key: string]: unknown } {
    return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, this.redactValue(value)]));
  }

  /** The text without any remembered secret. */
  public redact(text: string): string {
    const longestFirst = [...this.secrets].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((safe, secret) => safe.replaceAll(secret, MASK), text);
  }

  private redactValue(value: unknown): unknown {
    return Array.isArray(value) ? value.map((item) => this.redactValue(item)) : typeof value === 'string' ? this.redact(value) : value;
  }
}
