/** What a client of the service got. */
export interface Answer {
  readonly method: 'GET' | 'PUT';
  readonly name: string;
  /** When it was asked, and when it was answered, in milliseconds since 1970. */
  readonly since: number;
  readonly at: number;
  /** None where the connection failed. */
  readonly status?: number;
  readonly retryAfter?: string;
  /** Whether the answer closed its connection. */
  readonly closes?: boolean;
  readonly error?: string;
}

const USUAL = { GET: 200, PUT: 204 };

/** Whether a client got what it asked for. A GET asks for somebody whose PUT was acknowledged, so 404 is a loss. */
export function isGood({ method, status }: Answer): boolean {
  return status === USUAL[method];
}

/** Whether a client was asked to come back. */
export function isRefusal({ status, retryAfter }: Answer): boolean {
  return status === 503 && /^[1-9]\d*$/.test(retryAfter ?? '');
}

/** Usernames of acknowledged PUTs that are not stored. */
export function lostPeople(answers: readonly Answer[], stored: ReadonlySet<string>): string[] {
  return answers.filter((answer) => answer.method === 'PUT' && isGood(answer)).map(({ name }) => name).filter((name) => !stored.has(name));
}

/** The longest that a client waited for an answer, in seconds. */
export function longestWait(answers: readonly Answer[]): number {
  return answers.reduce((longest, { since, at }) => Math.max(longest, at - since), 0) / 1000;
}

/** Answers of each kind, for whoever reads the log. */
export function kinds(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  answers.map(({ method, status, error }) => `${method} ${status ?? error ?? 'nothing'}`).forEach((kind) => counts.set(kind, (counts.get(kind) ?? 0) + 1));
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}
