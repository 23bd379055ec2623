import { PRICE_TABLES, PriceBook, processorsOf } from '../../../src/checks/cost/private/price-book';
import { billingOf } from '../../../src/checks/cost/private/resource-types';

const [usEast1, ...others] = PRICE_TABLES;
const PREFIX: Record<string, RegExp> = { 'us-east-1': /^(USE1-)?[A-Z]|^us-east-1-/, 'eu-central-1': /^EUC1-|^eu-central-1-/, 'eu-west-1': /^EU-|^eu-west-1-/ };
/** Billed under one name everywhere. */
const GLOBAL = ['hosted-zone', 'database-insights-vcpu', 'database-insights-acu'];
const ENTRIES = PRICE_TABLES.flatMap((table) => Object.entries(table.prices).map(([key, price]) => ({ table, key, ...price })));

test('there is a table for each region that the documentation names', () => {
  expect(PRICE_TABLES.map(({ region }) => region)).toEqual(['us-east-1', 'eu-central-1', 'eu-west-1']);
});

test.each(others)('the table of $region has the keys, units and pages of us-east-1', (table) => {
  const shape = ({ prices }: typeof table) => Object.entries(prices).map(([key, { unit, source }]) => [key, unit, source]);
  expect(shape(table)).toEqual(shape(usEast1));
  expect(table.sources).toEqual(usEast1.sources);
});

test.each(PRICE_TABLES)('the table of $region is dated and in US dollars', ({ date, currency }) => {
  expect(date).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
  expect(currency).toBe('USD');
});

test('every number has the name of the price it came from, and a page of AWS', () => {
  const nameless = ENTRIES.filter(({ table, key, name, source }) => !(GLOBAL.includes(key) ? /^[A-Z]/ : PREFIX[table.region]).test(name)
    || !/^https:\/\/aws\.amazon\.com\/.+\/pricing\//.test(table.sources[source] ?? ''));
  expect(nameless).toEqual([]);
});

test('every number is a plausible price and says whether it was verified', () => {
  expect(ENTRIES.filter(({ usd, verified }) => !(usd > 0 && usd <= 5) || typeof verified !== 'boolean')).toEqual([]);
});

test('no price in Europe is below the one in us-east-1, and none is 40 % above', () => {
  const odd = ENTRIES.map(({ table, key, usd }) => ({ region: table.region, key, ratio: usd / usEast1.prices[key].usd })).filter(({ ratio }) => ratio < 1 || ratio > 1.4);
  expect(odd).toEqual([]);
});

test('what the postures use is verified in us-east-1', () => {
  const keys = ['rds-postgres:db.t4g.micro', 'rds-postgres:db.r7g.large', 'rds-storage-gp3', 'rds-storage-gp3-multi-az', 'ec2:t4g.large', 'nat-gateway', 'public-ipv4',
    'application-load-balancer', 'fargate-arm64-vcpu', 'fargate-arm64-memory', 'secret', 'alarm', 'web-acl', 'web-acl-rule', 'database-insights-vcpu', 'ebs-gp3'];
  expect(keys.filter((key) => !usEast1.prices[key].verified)).toEqual([]);
});

describe('a class that the table does not list', () => {
  const book = new PriceBook(usEast1);

  test.each([
    ['rds-postgres', 'db.r7g.2xlarge', 0.956],
    ['ec2', 't4g.nano', 0.0042],
    ['ec2', 'm7g.medium', 0.0408],
    ['elasticache-valkey', 'cache.r7g.xlarge', 0.3504],
  ])('costs %s %s in proportion to the large one', (kind, instanceClass, usd) => {
    const price = book.ofClass(kind, instanceClass)!;
    expect(price.usd * price.factor).toBeCloseTo(usd, 6);
    expect(price.name).toContain(instanceClass);
  });

  test.each([
    ['rds-postgres', 'db.x2g.large', 'of a family without a price'],
    ['rds-postgres', 'db.m7g.medium', 'that is smaller than large and no EC2 instance'],
    ['ec2', 'm7g.metal', 'of a size that is out of proportion'],
  ])('has no price: %s %s, %s', (kind, instanceClass) => {
    expect(book.ofClass(kind, instanceClass)).toBeUndefined();
  });
});

test('a price that was given stands for the list price', () => {
  const book = new PriceBook(usEast1, { 'nat-gateway': 0.03, 'rds-postgres:db.x2g.large': 0.4 });
  expect(book.get('nat-gateway')).toMatchObject({ usd: 0.03, unit: 'hour' });
  expect(book.ofClass('rds-postgres', 'db.x2g.large')).toMatchObject({ usd: 0.4, factor: 1 });
});

test('fails: a price that no table has', () => {
  expect(() => new PriceBook(usEast1).get('moon')).toThrow("The price table of us-east-1 has no 'moon'.");
});

test.each([['db.t4g.micro', 2], ['db.r7g.large', 2], ['db.r7g.xlarge', 4], ['db.m7g.16xlarge', 64], ['db.serverless', undefined]])('%s has %s processors', (instanceClass, processors) => {
  expect(processorsOf(instanceClass)).toBe(processors);
});

test.each([
  ['AWS::IAM::Role', 'free'], ['AWS::EC2::SecurityGroup', 'free'], ['AWS::EC2::Subnet', 'free'], ['AWS::CloudFormation::Stack', 'free'],
  ['AWS::Lambda::Function', 'usage'], ['AWS::S3::Bucket', 'usage'], ['AWS::SQS::Queue', 'usage'], ['AWS::CloudFront::Distribution', 'usage'], ['Custom::PostgresUser', 'usage'],
  ['AWS::OpenSearchService::Domain', 'unknown'], ['AWS::Redshift::Cluster', 'unknown'], ['AWS::EC2::Host', 'unknown'], ['Acme::Cloud::Thing', 'unknown'],
])('%s is billed as %s', (type, billing) => {
  expect(billingOf(type)).toBe(billing);
});
