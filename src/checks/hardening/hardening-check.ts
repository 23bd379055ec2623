import type { CheckReport } from '../check-report';
import { HARDENING_RULES } from './private/rules';
import { World } from './private/world';
import type { Evaluation } from '../private/rule';
import { TemplateCheck } from '../private/template-check';
import type { HardeningRule } from './private/hardening-rule';
import type { ModelResource } from '../private/model';

/** How far an app has to be hardened. */
export enum HardeningLevel {
  /** What must hold everywhere: encryption, forced TLS, no public database, no secret in the open, narrow permissions. */
  DEVELOPMENT = 'development',
  /** And what a system needs that people rely on: standbys, backups, protection from deletion, HTTPS, a firewall, logs. */
  PRODUCTION = 'production',
}

/** Properties of a HardeningCheck. */
export interface HardeningCheckProps {
  /**
   * Which rules count.
   *
   * @default - those of the posture at each resource; production where no posture was applied
   */
  readonly level?: HardeningLevel;
}

/**
 * Tells, offline and for any CDK app, how far its templates are from production hardening.
 *
 * Add it to the app, and each `cdk synth` names the rules that are broken, the resource, and what to change:
 *
 * - network: private subnets, controlled egress, closed ports, flow logs, IMDSv2
 * - permissions: no wildcards where resources can be named, limited PassRole, narrow OpenID Connect trust
 * - databases: managed passwords, backups, standbys, encryption, forced TLS, protection from deletion
 * - registries, load balancers, logs, buckets, tables, and secrets in the open
 *
 * ## Defaults that matter
 *
 * The level is that of the posture that holds for a resource; where none was applied, production. What the templates do not decide, for example because
 * of an imported resource or a parameter, is reported as undecided, never as held. A finding that is accepted is acknowledged, with a reason, on the
 * construct or one that it stands in. The score is in the report: the number of rules that hold out of those that apply.
 *
 * ## Security considerations
 *
 * A template is judged, not an account: who may assume a role from outside, or what was changed by hand, is not in it.
 *
 * ## Cost
 *
 * Nothing: no resource is made and no request is sent.
 *
 * @example
 * import { App, Validations } from 'aws-cdk-lib';
 * import { HardeningCheck, HardeningLevel } from 'cdk-private-backend';
 *
 * const app = new App();
 * Validations.of(app).addPlugins(new HardeningCheck({ level: HardeningLevel.DEVELOPMENT }));
 */
export class HardeningCheck extends TemplateCheck {
  private readonly level?: HardeningLevel;

  public constructor(props: HardeningCheckProps = {}) {
    super('HardeningCheck', HARDENING_RULES.map(({ id }) => id));
    this.level = props.level;
  }

  /**
   * What was found, once the app was synthesised with this check.
   *
   * @throws when the app was not synthesised with it
   */
  public report(): CheckReport {
    return this._report();
  }

  /** @internal */
  public _evaluate(evaluation: Evaluation): void {
    const world = new World(evaluation.model, this.level);
    for (const rule of HARDENING_RULES) {
      const resources = rule.types.includes('*') ? evaluation.model.resources : evaluation.model.ofType(...rule.types);
      const judged = resources.filter((resource) => rule.from === 'development' || world.levelOf(resource) === 'production');
      judged.forEach((resource) => judge(evaluation, rule, resource, world));
    }
  }
}

function judge(evaluation: Evaluation, rule: HardeningRule, resource: ModelResource, world: World): void {
  const problems = rule.judge(resource, world);
  if (problems?.length === 0) {
    evaluation.holds(rule, resource);
  }
  for (const { message, location, open } of problems ?? []) {
    if (open === true) {
      evaluation.leavesOpen(rule, resource, message, { location });
    } else {
      evaluation.violates(rule, resource, message, { location });
    }
  }
}
