import type { BackendAlarm } from '../backend-alarm';

/** Something that fails at once, which an event tells and no metric. */
export interface Failure {
  readonly alarm: BackendAlarm;
  /** One sentence without a full stop. */
  readonly description: string;
  /** Whose event tells it: that of ECS, unless another source is named. */
  readonly source?: string;
  /** The event: its type, what it says, and the resources that it is about. */
  readonly detailType: string;
  readonly detail: Record<string, unknown>;
  readonly resources?: string[];
  /** Texts of the message by their names in it, with fields of the event (`EventField`) in them. */
  readonly fields: { readonly [name: string]: string };
}
