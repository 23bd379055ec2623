import { rulesOf, selfHosted } from './self-hosted';
import { checked, expectFindings, findingsOf } from './support';

const NOT = 'and does not reach it on TCP 5432';
const CLIENTS: readonly (readonly [string, RegExp, RegExp])[] = [
  ['service', /Api/, new RegExp(`violation client-to-store Own/Api/\\S+: Own/Api\\S* is given load balancer Own/Postgres/Balancer ${NOT}`)],
  ['migration', /Migrations/, new RegExp(`violation client-to-store Own/Migrations/\\S+: Own/Migrations\\S* is given load balancer Own/Postgres/Balancer ${NOT}`)],
  ['SQL function', /Sql/, new RegExp(`violation client-to-store Own/Postgres/Broker/Sql/\\S+: Own/Postgres/Broker/Sql is given load balancer Own/Postgres/Balancer ${NOT}`)],
  ['tunnel', /Bastion/, /violation tunnel Own\/Bastion\S+: tunnel \S+ leads to load balancer Own\/Postgres\/Balancer, which no instance of Session Manager reaches on TCP 5432/],
];

describe('a self-hosted server behind an internal load balancer', () => {
  test('is reached by each of its clients, and reaches each of its nodes', () => {
    const report = checked(selfHosted()).report();
    expect(report.findings).toEqual([]);
    expect(report.rules.map(({ ruleId, applied, held }) => `${ruleId}: ${held} of ${applied}`)).toEqual(expect.arrayContaining([
      'reachability-balancer-to-target: 3 of 3', 'reachability-client-to-store: 3 of 3', 'reachability-tunnel: 1 of 1',
    ]));
  });

  test.each(CLIENTS.flatMap(([name, path, finding]) => [
    [`may not go out to the load balancer: ${name}`, new RegExp(`${path.source}/.*/to |${path.source}SecurityGroup/to `), finding],
    [`is not admitted by the load balancer: ${name}`, new RegExp(`BalancerGroup/from Own\\w*${path.source}`), finding],
  ] as const))('fails where a client %s', (_, path, finding) => {
    const app = selfHosted(path);
    expect(rulesOf(app)).toHaveLength(9);
    expectFindings(findingsOf(app).filter((line) => !line.includes('advice')), [finding]);
  });

  test.each([['the load balancer may not go out to them', /BalancerGroup\/to /], ['they do not admit the load balancer', /NodeGroup\/from /]])('fails where the nodes are cut off, because %s', (_, path) => {
    const app = selfHosted(path);
    expect(rulesOf(app)).toHaveLength(9);
    expectFindings(findingsOf(app).filter((line) => !line.includes('advice')), ['A', 'B', 'C'].map((node) => (
      new RegExp(`violation balancer-to-target Own/Postgres/Node${node}/\\S+: load balancer Own/Postgres/Balancer does not reach Own/Postgres/Node${node} on TCP 5432`))));
  });
});
