import { Template } from 'aws-cdk-lib/assertions';
import { newServer } from './postgres-fixtures';
import { AdoptExisting, PostgresAccess, PostgresDatabaseRemoval, PostgresUserRemoval } from '../../src';
import { databaseRemoval, parseDatabase, parseUser, userRemoval } from '../../src/postgres/engine/handler/conductor/properties';

/** Properties as CloudFormation delivers them: references are resolved. */
function delivered(template: Template, type: string): any[] {
  return Object.values(template.findResources(type)).map(({ Properties }) =>
    Object.fromEntries(Object.entries<any>(Properties).map(([name, value]) => [name, typeof value === 'object' && (value.Ref ?? value['Fn::GetAtt']) ? 'resolved' : value])));
}

describe('what the constructs declare', () => {
  test.each(Object.values(PostgresAccess).flatMap(access => Object.values(PostgresUserRemoval).map(onRemoval => [access, onRemoval] as const)))(
    'a user with %s and %s is understood by the conductor', (access, onRemoval) => {
      // GIVEN
      const { stack, postgres } = newServer();
      postgres.database.addUser('Api', { access, onRemoval, connectionLimit: 7, adoptExisting: AdoptExisting.takeOver(), settings: { work_mem: '8MB' } });

      // WHEN
      const [properties] = delivered(Template.fromStack(stack), 'Custom::PostgresUser');

      // THEN
      expect(parseUser(properties)).toMatchObject({
        spec: { username: 'api', databaseName: 'app', access, connectionLimit: 7, settings: { work_mem: '8MB' }, protectedTables: ['goose_db_version', 'schema_migrations'] },
        secretArn: 'resolved',
        adoptExisting: true,
      });
      expect(userRemoval(properties)).toBe(onRemoval);
    });

  test.each([
    [PostgresDatabaseRemoval.RETAIN, 'retain'],
    [PostgresDatabaseRemoval.DROP_IF_EMPTY, 'destroy'],
    [PostgresDatabaseRemoval.DROP, 'force'],
  ])('a database with %s is understood by the conductor', (onRemoval, word) => {
    // GIVEN
    const { stack, postgres } = newServer();
    postgres.addDatabase('orders', { onRemoval, locale: 'C', extensions: ['pgcrypto'], adoptExisting: AdoptExisting.refuse() });

    // WHEN
    const [, properties] = delivered(Template.fromStack(stack), 'Custom::PostgresDatabase');

    // THEN
    expect(parseDatabase(properties)).toEqual({
      spec: {
        databaseName: 'orders',
        extensions: ['pgcrypto'],
        locale: 'C',
        settings: { idle_in_transaction_session_timeout: '60000ms' },
        defaultSettings: ['idle_in_transaction_session_timeout'],
        revokePublic: false,
        protectedTables: ['goose_db_version', 'schema_migrations'],
      },
      adoptExisting: false,
      planOnly: false,
    });
    expect(databaseRemoval(properties)).toBe(word);
  });
});
