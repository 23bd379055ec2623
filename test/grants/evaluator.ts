import { spawnSync } from 'child_process';
import * as path from 'path';
import { installEmulator } from '../deploy/emulator';

/** A policy document as IAM gets it, without anything of CloudFormation. */
export interface PolicyDocument {
  readonly Statement: readonly Record<string, unknown>[];
}

/** Keys of a request and their values. A key that is not here is missing from the request. */
export type RequestContext = Readonly<Record<string, string | string[]>>;

/** A request to AWS, and the policies that decide on it. */
export interface IamRequest {
  readonly policies: readonly PolicyDocument[];
  readonly action: string;
  /** Resources that each need a permission; `*` where the action knows none. */
  readonly resources: readonly string[];
  readonly context: RequestContext;
  /** Whether the policies are those of a resource, which name principals. */
  readonly resourcePolicy?: boolean;
  /** AWS service that asks, such as `cloudtrail.amazonaws.com`, of a policy of a resource. */
  readonly service?: string;
}

export type Decision = 'allowed' | 'denied';

const MEGABYTE = 1024 * 1024;

/** Asks the evaluator of the emulator, which the deploy tier uses too, in one process for all requests. */
export async function evaluate(requests: readonly IamRequest[]): Promise<Decision[]> {
  const python = await installEmulator();
  const { status, stdout, stderr, error } = spawnSync(python, [path.join(__dirname, 'evaluate.py')], {
    input: JSON.stringify(requests), encoding: 'utf8', maxBuffer: 256 * MEGABYTE,
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`The IAM evaluator failed: ${error?.message ?? stderr}`);
  }
  return JSON.parse(stdout) as Decision[];
}
