import { Names } from 'aws-cdk-lib';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

/** Properties of the web ACL. */
export interface WebAclProps {
  /** ARN of the load balancer to protect. */
  readonly resourceArn: string;
  /** Requests that one IP address may make in five minutes. */
  readonly rateLimit: number;
}

/**
 * Rule groups that AWS maintains, in the order they are asked.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
const MANAGED_RULE_GROUPS = [
  { name: 'AWSManagedRulesAmazonIpReputationList', countOnly: [] },
  // An API takes bodies above 8 KB; the rule would answer them with 403.
  { name: 'AWSManagedRulesCommonRuleSet', countOnly: ['SizeRestrictions_BODY'] },
  { name: 'AWSManagedRulesKnownBadInputsRuleSet', countOnly: [] },
  { name: 'AWSManagedRulesSQLiRuleSet', countOnly: [] },
];

/** A web ACL with a rate limit and managed rule groups, in front of one load balancer. */
export class WebAcl extends Construct {
  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Resource', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: this.visibility('All'),
      rules: [this.renderRateLimit(props.rateLimit), ...MANAGED_RULE_GROUPS.map((group, index) => this.renderGroup(group.name, group.countOnly, index + 1))],
    });
    new CfnWebACLAssociation(this, 'Association', { webAclArn: acl.attrArn, resourceArn: props.resourceArn });
  }

  private renderRateLimit(limit: number): CfnWebACL.RuleProperty {
    return {
      name: 'RateLimit',
      priority: 0,
      action: { block: { customResponse: { responseCode: 429 } } },
      statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit, evaluationWindowSec: 300 } },
      visibilityConfig: this.visibility('RateLimit'),
    };
  }

  private renderGroup(name: string, countOnly: string[], priority: number): CfnWebACL.RuleProperty {
    return {
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: countOnly.length === 0 ? undefined : countOnly.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
        },
      },
      visibilityConfig: this.visibility(name),
    };
  }

  private visibility(part: string): CfnWebACL.VisibilityConfigProperty {
    return {
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
      metricName: Names.uniqueResourceName(this, { maxLength: 80 }) + part,
    };
  }
}
