/** What AWS knows of an instance. */
export interface Instance {
  readonly instanceId: string;
  readonly node: number;
  readonly group: string;
  /** Where the Auto Scaling group wants it: `InService` or `Terminated`. */
  targetState: 'InService' | 'Terminated';
}

/** A call that the AWS of the lab answered, or did not know. */
export interface Call {
  readonly at: number;
  /** Node that called; undefined where it was none. */
  readonly node?: number;
  /** Name as in IAM policies, like `secretsmanager:GetSecretValue`. */
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Answer of an action. */
export interface Answer {
  readonly status?: number;
  readonly body: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Availability zone of a node. */
export function zoneOf(region: string, node: number): string {
  return `${region}${'abc'[(node - 1) % 3]}`;
}
