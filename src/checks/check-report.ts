/** What a check found of one resource. */
export enum CheckOutcome {
  /** The rule is broken: synthesis fails. */
  VIOLATION = 'violation',
  /** Worth changing, but no reason to stop: synthesis warns. */
  ADVICE = 'advice',
  /** The templates do not decide it, for example because of an imported VPC or a parameter: synthesis warns. Never counted as held. */
  UNDECIDED = 'undecided',
  /** Broken or open, and acknowledged with a reason by `Validations.of(construct).acknowledge()`. */
  ACKNOWLEDGED = 'acknowledged',
}

/** One thing that a check found. */
export interface CheckFinding {
  /** Id of the rule, by which it is acknowledged. */
  readonly ruleId: string;

  /** Whether it stops synthesis. */
  readonly outcome: CheckOutcome;

  /** Path of the construct of the resource. */
  readonly constructPath: string;

  /** CloudFormation type of the resource, such as `AWS::ECS::Service`. */
  readonly resourceType: string;

  /** Logical id of the resource in its template. */
  readonly logicalId: string;

  /** Absolute path of the template. */
  readonly templatePath: string;

  /** What is wrong or open, in plain words and with the values. */
  readonly message: string;

  /**
   * Where in the resource it is, such as `Properties/VpcConfig`.
   *
   * @default - the resource as a whole
   */
  readonly location?: string;

  /** What to change. */
  readonly fix: string;

  /**
   * The reason for which it was acknowledged.
   *
   * @default - not acknowledged
   */
  readonly acknowledgement?: string;
}

/** How one rule came out, over all resources that it applies to. */
export interface CheckRuleResult {
  /** Id of the rule. */
  readonly ruleId: string;

  /** The rule in a few words. */
  readonly title: string;

  /** Number of resources that the rule applies to. */
  readonly applied: number;

  /** Number of those for which it holds. */
  readonly held: number;
}

/** What a check found in the templates of one synthesis. */
export class CheckReport {
  /** Name of the check. */
  public readonly checkName: string;

  /** Everything found, sorted by rule and construct path. */
  public readonly findings: CheckFinding[];

  /** The rules that apply to at least one resource. */
  public readonly rules: CheckRuleResult[];

  /** What could not be looked at, in sentences. */
  public readonly notes: string[];

  public constructor(checkName: string, rules: CheckRuleResult[], findings: CheckFinding[], notes: string[]) {
    this.checkName = checkName;
    this.rules = rules;
    this.findings = findings;
    this.notes = notes;
  }

  /** Whether nothing is violated: advice, open questions and what is acknowledged do not stop synthesis. */
  public get success(): boolean {
    return this.findings.every(({ outcome }) => outcome !== CheckOutcome.VIOLATION);
  }

  /** Number of rules that apply. */
  public get rulesApplied(): number {
    return this.rules.length;
  }

  /** Number of rules that hold for every resource they apply to. An open or acknowledged finding is no hold. */
  public get rulesHeld(): number {
    return this.rules.filter(({ applied, held }) => held === applied).length;
  }

  /** One line: how many rules hold, and how many findings of each kind there are; or that there was nothing to judge. */
  public get summary(): string {
    if (this.rulesApplied === 0) {
      return `${this.checkName}: nothing was judged, because no rule applies to what is there.`;
    }
    const counts = Object.values(CheckOutcome).map((outcome) => [outcome, this.findings.filter((finding) => finding.outcome === outcome).length] as const);
    const named = counts.filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome}`);
    return `${this.checkName}: ${this.rulesHeld} of ${this.rulesApplied} rules that apply hold${named.length === 0 ? '' : `; findings: ${named.join(', ')}`}.`;
  }

  /** The report as Markdown: the summary, a table of the rules that apply, and each finding. */
  public toMarkdown(): string {
    const rows = this.rules.map(({ ruleId, title, applied, held }) => `| \`${ruleId}\` | ${title} | ${held} of ${applied} |`);
    const findings = this.findings.map(({ ruleId, outcome, constructPath, message, fix, acknowledgement }) =>
      `- **${outcome}** \`${ruleId}\` at \`${constructPath}\`: ${message} ${acknowledgement === undefined ? fix : `Acknowledged: ${acknowledgement}`}`);
    return [
      this.summary,
      ...(rows.length === 0 ? [] : ['', '| rule | | holds for |', '|---|---|---|', ...rows]),
      ...(findings.length === 0 ? [] : ['', ...findings]),
      ...(this.notes.length === 0 ? [] : ['', ...this.notes]),
    ].join('\n');
  }
}
