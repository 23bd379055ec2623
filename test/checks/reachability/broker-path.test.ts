import { App, Stack } from 'aws-cdk-lib';
import { dropRules, rulesOf } from './self-hosted';
import { checked, expectFindings, findingsOf } from './support';
import { BackendNetwork, PostgresCapacity, Posture, PrivatePostgres, type PrivatePostgresProps } from '../../../src';

/** A server of RDS with a user in another stack. */
function onRds(props: Partial<PrivatePostgresProps>, without: RegExp = /^$/): App {
  const app = new App({ analyticsReporting: false });
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Data', { terminationProtection: true, env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network');
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app', ...props });
  postgres.addUser('Api');
  dropRules(stack, without);
  return app;
}

describe.each<[string, Partial<PrivatePostgresProps>]>([['an instance', {}], ['a cluster', { capacity: PostgresCapacity.serverless({ min: 0.5, max: 1 }) }]])('the SQL function of %s', (_, props) => {
  test('is told of its server, and reaches it', () => {
    const report = checked(onRds(props)).report();
    expect(report.findings).toEqual([]);
    expect(report.rules).toContainEqual(expect.objectContaining({ ruleId: 'reachability-client-to-store', applied: 1, held: 1 }));
  });

  test.each([['may not go out to its server', /SqlSecurityGroup\/to /], ['is not admitted by its server', /from \w*SqlSecurityGroup/]])('fails where it %s', (__, path) => {
    const app = onRds(props, path);
    expect(rulesOf(app)).toHaveLength(1);
    expectFindings(findingsOf(app).filter((line) => !line.includes('advice')), [
      /violation client-to-store Data\/Postgres\/Broker\/Sql\S*: Data\/Postgres\/Broker\/Sql is given database Data\/Postgres\S* and does not reach it on TCP 5432/,
    ]);
  });
});
