import type { CostSummary } from '../../../src/checks';
import { expecting } from '../expecting';
import { costs, found, hardening, missing } from '../support/checks';

describe('the cost report', () => {
  function monthly(summary: CostSummary, id: string): number {
    return summary.lines.filter(({ constructPath }) => constructPath.endsWith(`/${id}`)).reduce((sum, line) => sum + line.monthly, 0);
  }

  // Provisioned IOPS and throughput of a volume (about 100 dollars a month), and the cache of an API (thousands), cost nothing without a word.
  test.failing('cost-silently-zero: each part that costs much has a price or is an open question', expecting(() => {
    const summary = costs(`
Resources:
  Volume: { Type: AWS::EC2::Volume, Properties: { AvailabilityZone: us-east-1a, Size: 100, VolumeType: gp3, Iops: 16000, Throughput: 1000 } }
  Stage: { Type: AWS::ApiGateway::Stage, Properties: { RestApiId: x, CacheClusterEnabled: true, CacheClusterSize: "237" } }
`);
    const atLeast = { Volume: 60, Stage: 500 };
    const tooCheap = Object.entries(atLeast).map(([id, least]) => ({ id, least, monthly: monthly(summary, id) }))
      .filter(({ id, least, monthly: sum }) => sum <= least && !summary.undecided.some(({ constructPath }) => constructPath.endsWith(`/${id}`)));
    expect(tooCheap).toEqual([]);
  }));

  // An engine in capitals, as AWS's own samples write it, escapes the rule on TLS and has no price.
  test.failing('engine-name-in-capitals: a database is judged and priced whatever the case of its engine', expecting(() => {
    const template = `
Resources:
  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: MySQL, EngineVersion: "8.0", DBInstanceClass: db.t3.small, AllocatedStorage: "100", PubliclyAccessible: false, ManageMasterUserPassword: true, MasterUsername: u, StorageEncrypted: true } }
`;
    expect(missing({
      'a finding on TLS': found(hardening(template), /database-tls/, 'Db'),
      'a price of its hours': costs(template).lines.map(({ priceKey }) => priceKey).filter((key) => /mysql/.test(key)),
    })).toEqual([]);
  }));
});
