/** What of an error stands in the log. */
export interface LoggedError {
  readonly type: string;
  readonly message?: string;
  readonly stack?: string;
  readonly code?: string;
  readonly severity?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly routine?: string;
  readonly cause?: LoggedError;
}

/** Names that PostgreSQL sends with an error. Everything else that it sends may quote a row, a key, a statement or a value. */
const NAMES = ['severity', 'schema', 'table', 'column', 'dataType', 'constraint', 'routine'] as const;

/** Classes of SQLSTATE whose messages name what was declared, or the state of the server. Those of 22, 23 and P0 may quote values. */
const PLAIN = /^(08|28|3D|40|42|53|55|57|58)/;

const DEEPEST = 3;

/**
 * An error without what people wrote. Only what is listed here is logged, because libraries add to their errors whatever they know: PostgreSQL's
 * `detail` has the whole row that breaks a constraint.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) {
    return { type: typeof error };
  }
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const deeper = cause === undefined || depth === DEEPEST ? {} : { cause: loggedError(cause, depth + 1) };
  if (!isOfPostgres(error)) {
    return { type: error.constructor.name, message: error.message, stack: error.stack, ...(typeof code === 'string' ? { code } : {}), ...deeper };
  }
  const known = NAMES.filter((name) => error[name] !== undefined).map((name) => [name, error[name]]);
  // The stack begins with the message, and leads to the driver only.
  return { type: 'DatabaseError', code: error.code, ...(PLAIN.test(error.code) ? { message: error.message } : {}), ...Object.fromEntries(known), ...deeper };
}

type PostgresError = Error & { readonly code: string } & Partial<Record<typeof NAMES[number], string>>;

/** By its fields, as more than one copy of the driver may be there. */
function isOfPostgres(error: Error): error is PostgresError {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && typeof severity === 'string';
}
