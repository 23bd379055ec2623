import { BrokerError } from '../../broker-error';

/** A statement that the present state calls for. */
export interface Step {
  readonly sql: string;
  /** Who may really do it, where the server would accept the statement from the admin and do nothing. */
  readonly grantors?: string[];
  /** What helps where nobody can log in as those: a managed server keeps some roles for itself. */
  readonly instead?: string;
  /** Hidden from `changes`: it is the same every time, or holds a verifier. */
  readonly shown?: string;
}

/** The statements alone. */
export function sqlOf(steps: Step[]): string[] {
  return steps.map((step) => step.sql);
}

/** The statements as users may see them. */
export function shownOf(steps: Step[]): string[] {
  return steps.map((step) => step.shown ?? step.sql);
}

/**
 * Fails when, read back, the state still calls for something: a server may report success for a GRANT or REVOKE that did nothing,
 * because somebody else owns the object or granted the right.
 */
export function checkNothingLeft(object: string, remaining: Step[]): void {
  if (remaining.length === 0) {
    return;
  }
  const [first] = remaining;
  const grantors = [...new Set(remaining.flatMap((step) => step.grantors ?? []))];
  const who = grantors.length > 0 ? grantors.map((name) => `'${name}'`).join(' or ') : 'the owner of the object';
  const [statement] = shownOf([first]);
  const instead = first.instead === undefined ? '' : `, or ${first.instead}`;
  throw new BrokerError('NO_EFFECT', `${object} can't be changed, because the server accepted \`${statement}\` and did nothing. The admin lacks the right to do that. Run the statement as ${who}${instead}, then deploy again.`);
}
