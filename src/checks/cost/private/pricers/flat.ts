import { isMap, type ModelResource } from '../../../private/model';
import type { Ledger, Pricer } from '../ledger';

/** A price by the month for the resource itself. */
function monthly(key: string): Pricer {
  return (resource, ledger) => ledger.charge(resource, key, { quantity: 1 });
}

/** CloudWatch counts the metrics that an alarm watches, and three for one with an anomaly band. */
const alarm: Pricer = (resource, ledger) => {
  const queries = resource.list('Metrics').filter(isMap);
  const metrics = queries.filter(({ MetricStat }) => MetricStat !== undefined);
  const periods = [resource.number('Period'), ...metrics.map(({ MetricStat }) => (isMap(MetricStat) ? Number(MetricStat.Period) : undefined))];
  const highResolution = periods.some((period) => period !== undefined && period < 60);
  const band = resource.value('ThresholdMetricId') === undefined ? 1 : 3;
  ledger.charge(resource, highResolution ? 'alarm-high-resolution' : 'alarm', { quantity: Math.max(1, metrics.length) * band });
  noFreeTier(ledger);
};

const dashboard: Pricer = (resource, ledger) => {
  ledger.charge(resource, 'dashboard', { quantity: 1 });
  noFreeTier(ledger);
};

function noFreeTier(ledger: Ledger): void {
  ledger.assume('Nothing is taken off for a free tier, such as ten alarms and three dashboards.');
}

const webAcl: Pricer = (resource, ledger) => {
  ledger.charge(resource, 'web-acl', { quantity: 1 });
  chargeRules(resource, ledger);
};

/** Managed rule groups that cost more than the rule that names them. */
const DEAR_RULE_GROUPS = /^AWSManagedRules(BotControl|ATP|ACFP|AntiDDoS)RuleSet$/;

function chargeRules(resource: ModelResource, ledger: Ledger): void {
  const rules = resource.list('Rules');
  ledger.charge(resource, 'web-acl-rule', { quantity: rules.length });
  for (const rule of rules) {
    const statement = isMap(rule) && isMap(rule.Statement) ? rule.Statement.ManagedRuleGroupStatement : undefined;
    const name = isMap(statement) && typeof statement.Name === 'string' ? statement.Name : '';
    if (DEAR_RULE_GROUPS.test(name)) {
      ledger.leaveOpen(resource, `${name} has a price of its own that the table does not have; it is not in the totals.`);
    }
  }
  ledger.assume('Web ACLs inspect no request.');
}

const logGroup: Pricer = (resource, ledger) => {
  ledger.usageBased.add(resource.type);
  ledger.assume(`Nothing is logged: what log groups take in (${ledger.usd(resource, 'log-ingestion')}) and keep is not in the totals.`);
};

/** Backups and logs are what grows there. */
const bucket: Pricer = (resource, ledger) => {
  ledger.usageBased.add(resource.type);
  ledger.assume(`Buckets are empty: what they keep (${ledger.usd(resource, 's3-storage')}), former versions included, and requests are not in the totals.`);
};

const cluster: Pricer = (resource, ledger) => {
  const insights = resource.list('ClusterSettings').filter(isMap).find(({ Name }) => Name === 'containerInsights')?.Value;
  if (insights === 'enabled' || insights === 'enhanced') {
    ledger.assume('Container Insights is charged by the metrics of the tasks that run and is not in the totals.');
  }
};

const parameter: Pricer = (resource, ledger) => {
  if (resource.text('Tier') === 'Advanced') {
    ledger.leaveOpen(resource, 'An advanced parameter has no price in the table and is not in the totals.');
  }
};

/** Functions and tables are charged by use unless capacity is set aside for them. */
function reserved(path: string, what: string): Pricer {
  return (resource, ledger) => {
    ledger.usageBased.add(resource.type);
    if (resource.value(path) !== undefined) {
      ledger.leaveOpen(resource, `${what} has no price in the table and is not in the totals.`);
    }
  };
}

export const FLAT_PRICERS: Record<string, Pricer> = {
  'AWS::KMS::Key': monthly('kms-key'),
  'AWS::KMS::ReplicaKey': monthly('kms-key'),
  'AWS::SecretsManager::Secret': monthly('secret'),
  'AWS::Route53::HostedZone': monthly('hosted-zone'),
  'AWS::ServiceDiscovery::PrivateDnsNamespace': monthly('hosted-zone'),
  'AWS::ServiceDiscovery::PublicDnsNamespace': monthly('hosted-zone'),
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::CompositeAlarm': monthly('alarm-composite'),
  'AWS::CloudWatch::Dashboard': dashboard,
  'AWS::WAFv2::WebACL': webAcl,
  'AWS::WAFv2::RuleGroup': chargeRules,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::S3::Bucket': bucket,
  'AWS::ECS::Cluster': cluster,
  'AWS::SSM::Parameter': parameter,
  'AWS::Lambda::Version': reserved('ProvisionedConcurrencyConfig', 'Provisioned concurrency'),
  'AWS::Lambda::Alias': reserved('ProvisionedConcurrencyConfig', 'Provisioned concurrency'),
  'AWS::DynamoDB::Table': reserved('ProvisionedThroughput', 'Provisioned throughput'),
};
