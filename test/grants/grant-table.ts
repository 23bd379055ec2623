import { ACCOUNT_ID, REGION } from './arns';
import { evaluate, type Decision, type IamRequest, type PolicyDocument, type RequestContext } from './evaluator';

/** A request to AWS by somebody who has the grant, and the answer. */
export interface GrantRow {
  readonly action: string;
  /** Resources that each need a permission; `*` where AWS knows none for the action. */
  readonly resources: string | readonly string[];
  /** Keys of the request beside the caller's; the service authorization reference says which an action has. */
  readonly context?: RequestContext;
  readonly decision: Decision;
  readonly why: string;
}

/** What a grant allows and what it doesn't. */
export interface GrantTable {
  readonly title: string;
  /** Public methods that the table is about, as `Class.method`; none where the library gives the permissions by itself. */
  readonly covers: readonly string[];
  readonly policies: readonly PolicyDocument[];
  /** AWS service that asks, where the policies are those of a resource or the trust of a role. */
  readonly service?: string;
  readonly rows: readonly GrantRow[];
}

/** Who asks: a session of the role that was granted something. */
export const CALLER: RequestContext = {
  'aws:userid': 'AROAEXAMPLEGRANTEE001:jane',
  'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT_ID}:role/Grantee`,
  'aws:PrincipalAccount': ACCOUNT_ID,
  'aws:RequestedRegion': REGION,
  'aws:SecureTransport': 'true',
};

/** A row as a request of a service of AWS, which is no principal of an account and says for whom it acts only where the row does. */
function requestOfService({ action, resources, context = {} }: GrantRow, policies: readonly PolicyDocument[], service: string): IamRequest {
  return { policies, action, resources: [resources].flat(), context: { 'aws:SecureTransport': 'true', ...context }, resourcePolicy: true, service };
}

/** A row as a request of somebody with these policies. */
export function requestOf({ action, resources, context }: Pick<GrantRow, 'action' | 'resources' | 'context'>, policies: readonly PolicyDocument[]): IamRequest {
  return { policies, action, resources: [resources].flat(), context: { ...CALLER, ...context } };
}

/** One test for each row. */
export function grantTable({ title, policies, service, rows }: GrantTable): void {
  describe(title, () => {
    let decisions: Decision[] = [];
    beforeAll(async () => {
      decisions = await evaluate(rows.map((row) => service === undefined ? requestOf(row, policies) : requestOfService(row, policies, service)));
    });
    it.each(rows.map((row, index) => [row.decision, row.action, row.why, index] as const))('%s: %s, %s', (decision, _action, _why, index) => {
      expect(decisions[index]).toBe(decision);
    });
  });
}
