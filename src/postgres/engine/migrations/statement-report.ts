import { anyOf } from './sql-text';
import type { LintRule, RuleName } from '../../../migrations/shared/lint/lint-rules';
import type { SqlStatement } from '../../../migrations/shared/lint/lint-types';

/** What a finding says more exactly than its rule. */
export type Exactly = Partial<Omit<LintRule, 'level'>>;

/** Adds a finding about a statement. */
export type Report = (rule: RuleName, statement: SqlStatement, exactly?: Exactly) => void;

/** A row of a table of rules. */
export interface StatementRule {
  readonly pattern: RegExp;
  readonly rule: RuleName;
  /** Says it more exactly, with what the pattern found; `undefined` where there is nothing to say after all. */
  readonly exactly?: (found: RegExpExecArray, statement: SqlStatement) => Exactly | undefined;
}

/** A table, with one pattern for all of its rows. */
export interface RuleTable {
  readonly any: RegExp;
  readonly rules: readonly StatementRule[];
}

export function ruleTable(rules: readonly StatementRule[]): RuleTable {
  return { any: anyOf(rules.map(({ pattern }) => pattern)), rules };
}

/** Reports the first row of a table that fits. */
export function applyRules({ any, rules }: RuleTable, statement: SqlStatement, report: Report) {
  if (!any.test(statement.code)) return;
  for (const { pattern, rule, exactly } of rules) {
    const found = pattern.exec(statement.code);
    if (!found) continue;
    const text = exactly ? exactly(found, statement) : {};
    if (text) report(rule, statement, text);
    return;
  }
}
