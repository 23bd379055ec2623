import type { ModelResource, TemplateModel } from './model';

/** A rule of a check. */
export interface CheckRule {
  /** By which it is acknowledged: `<check>-<what>`. */
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  /** An `error` stops synthesis. */
  readonly severity: 'error' | 'warning';
  /** Where the fact behind it comes from. */
  readonly see?: string;
}

/** What a rule says of one resource. */
export interface Verdict {
  readonly rule: CheckRule;
  readonly resource: ModelResource;
  readonly held: boolean;
  readonly undecided?: boolean;
  readonly message?: string;
  /** Property of the resource, such as `Properties/VpcConfig`. */
  readonly location?: string;
  /** Instead of the rule's own. */
  readonly fix?: string;
}

/** Optional parts of a finding. */
export interface FindingOptions {
  readonly location?: string;
  readonly fix?: string;
}

/** Collects what the rules of a check say of one model. */
export class Evaluation {
  public readonly verdicts: Verdict[] = [];

  public constructor(public readonly model: TemplateModel) {}

  public holds(rule: CheckRule, resource: ModelResource): void {
    this.verdicts.push({ rule, resource, held: true });
  }

  public violates(rule: CheckRule, resource: ModelResource, message: string, options: FindingOptions = {}): void {
    this.verdicts.push({ rule, resource, held: false, message, ...options });
  }

  /** The templates leave it open; the message says why. */
  public leavesOpen(rule: CheckRule, resource: ModelResource, message: string, options: FindingOptions = {}): void {
    this.verdicts.push({ rule, resource, held: false, undecided: true, message, ...options });
  }
}
