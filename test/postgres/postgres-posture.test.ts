import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { idOf, newServer, serverTemplate } from './postgres-fixtures';
import { AdminSecret, Posture, PostgresCapacity, type PrivatePostgresProps } from '../../src';

/**
 * Properties whose change replaces a resource, from the schemas of the resource providers.
 *
 * @see https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds
 */
const CREATE_ONLY: { readonly [type: string]: string[] } = {
  'AWS::RDS::DBInstance': [
    'CharacterSetName', 'CustomIAMInstanceProfile', 'DBClusterIdentifier', 'DBInstanceIdentifier', 'DBName', 'DBSnapshotIdentifier', 'DBSubnetGroupName',
    'Engine', 'KmsKeyId', 'MasterUsername', 'NcharCharacterSetName', 'Port', 'SourceRegion', 'StorageEncrypted', 'Timezone',
  ],
  'AWS::RDS::DBCluster': [
    'AvailabilityZones', 'DatabaseName', 'DBClusterIdentifier', 'DBSubnetGroupName', 'Engine', 'EngineMode', 'KmsKeyId', 'MasterUsername', 'PubliclyAccessible',
    'RestoreType', 'SnapshotIdentifier', 'SourceDBClusterIdentifier', 'SourceRegion', 'StorageEncrypted', 'UseLatestRestorableTime',
  ],
  'AWS::RDS::DBSubnetGroup': ['DBSubnetGroupName'],
  'AWS::RDS::DBParameterGroup': ['DBParameterGroupName', 'Description', 'Family'],
  'AWS::RDS::DBClusterParameterGroup': ['DBClusterParameterGroupName', 'Description', 'Family'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::EC2::SecurityGroup': ['GroupDescription', 'GroupName', 'VpcId'],
};

/** Create-only properties that a template sets, by logical id. */
function createOnlyOf(synthesised: Template): { [logicalId: string]: object } {
  const resources = Object.entries<any>(synthesised.toJSON().Resources).filter(([, { Type }]) => CREATE_ONLY[Type] !== undefined);
  return Object.fromEntries(resources.map(([id, { Type, Properties }]) => [
    id,
    Object.fromEntries(Object.entries(Properties).filter(([name]) => CREATE_ONLY[Type].includes(name))),
  ]));
}

function template(posture: Posture, props: Partial<PrivatePostgresProps> = {}): Template {
  const { stack, postgres } = newServer(props, posture);
  postgres.database.addUser('Api');
  postgres.database.owner;
  return Template.fromStack(stack);
}

describe('a change of posture on a living stack', () => {
  const cases: Array<[string, Partial<PrivatePostgresProps>]> = [
    ['an instance', {}],
    ['an instance with a generated admin secret', { adminSecret: AdminSecret.generated() }],
    ['a serverless cluster', { capacity: PostgresCapacity.serverless({ min: 0.5, max: 8 }) }],
  ];

  test.each(cases)('replaces nothing of %s', (_name, props) => {
    // WHEN
    const [development, production] = [createOnlyOf(template(Posture.development(), props)), createOnlyOf(template(Posture.production(), props))];

    // THEN
    for (const [id, properties] of Object.entries(development)) {
      expect([id, production[id]]).toEqual([id, properties]);
    }
  });

  test('touches no name, grant or secret of a database or user', () => {
    // GIVEN
    const ofPosture = ['ConnectionLimit', 'LogGroups', 'LogRetention'];
    const customOf = (posture: Posture) => Object.entries<any>(template(posture).toJSON().Resources)
      .filter(([, { Type }]) => Type.startsWith('Custom::'))
      .map(([id, { Properties }]) => [id, Object.entries(Properties).filter(([name]) => !ofPosture.includes(name))]);

    // THEN
    expect(customOf(Posture.production())).toEqual(customOf(Posture.development()));
  });
});

describe('create-only properties', () => {
  test('of an instance are set to what they will be for ever', () => {
    expect(createOnlyOf(template(Posture.development()))).toMatchObject({
      Postgres9DC8BB04: {
        DBSubnetGroupName: { Ref: 'PostgresSubnetGroup9F8A4D6E' },
        Engine: 'postgres',
        MasterUsername: 'postgres',
        Port: '5432',
        StorageEncrypted: true,
      },
      PostgresSubnetGroup9F8A4D6E: {},
      PostgresParameterGroupE9D5EE66: { Description: 'Parameters of a private PostgreSQL server', Family: 'postgres17' },
      PostgresSecurityGroup670916BF: { GroupDescription: 'Private PostgreSQL server' },
    });
    expect(Object.keys(createOnlyOf(template(Posture.development())).Postgres9DC8BB04).sort()).toEqual(['DBSubnetGroupName', 'Engine', 'MasterUsername', 'Port', 'StorageEncrypted']);
  });

  test('of a cluster are set to what they will be for ever', () => {
    expect(createOnlyOf(template(Posture.development(), { capacity: PostgresCapacity.serverless({ min: 1, max: 2 }) })).Postgres9DC8BB04).toEqual({
      DBSubnetGroupName: { Ref: 'PostgresSubnetGroup9F8A4D6E' },
      Engine: 'aurora-postgresql',
      MasterUsername: 'postgres',
      StorageEncrypted: true,
    });
  });

  test('a change of the database name leaves the server alone', () => {
    const [before, after] = [template(Posture.development()), template(Posture.development(), { databaseName: 'shop' })];
    const server = (t: Template) => t.findResources('AWS::RDS::DBInstance');
    expect(server(after)).toEqual(server(before));
    after.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'shop', RemovalPolicy: 'retain' });
  });
});

describe('logical ids of what holds data', () => {
  test('are fixed for ever', () => {
    const found = template(Posture.development(), { adminSecret: AdminSecret.generated() });
    expect(idOf(found, 'AWS::RDS::DBInstance')).toBe('Postgres9DC8BB04');
    expect(idOf(found, 'AWS::SecretsManager::Secret', { GenerateSecretString: Match.anyValue() })).toBe('PostgresAdminSecret0E1F4960');
    expect(Object.keys(found.findResources('AWS::SecretsManager::Secret', { Properties: { GenerateSecretString: Match.absent() } }))).toEqual([
      'PostgresDatabaseUsersApiSecret26635BE4', 'PostgresDatabaseOwnerSecret70D1400A',
    ]);
    expect(Object.keys(found.findResources('Custom::PostgresUser'))).toEqual(['PostgresDatabaseUsersApi30BD08CC', 'PostgresDatabaseOwner0E68254A']);
    expect(idOf(found, 'Custom::PostgresDatabase')).toBe('PostgresDatabase79CCBC52');
  });
});

describe('protection from deletion', () => {
  const policies = (props: Partial<PrivatePostgresProps>, posture: Posture) => {
    const [{ DeletionPolicy, Properties }] = Object.values(serverTemplate(props, posture).findResources('AWS::RDS::DBInstance')) as { DeletionPolicy: string; Properties: { DeletionProtection: boolean } }[];
    return [Properties.DeletionProtection, DeletionPolicy];
  };

  test.each<[string, Partial<PrivatePostgresProps>, Posture, [boolean, string]]>([
    ['asked for in development keeps a snapshot', { deletionProtection: true }, Posture.development(), [true, 'Snapshot']],
    ['goes where production destroys', { removalPolicy: RemovalPolicy.DESTROY }, Posture.production(), [false, 'Delete']],
    ['is with whatever else is kept', { deletionProtection: true, removalPolicy: RemovalPolicy.RETAIN }, Posture.development(), [true, 'Retain']],
  ])('%s', (_what, props, posture, expected) => {
    expect(policies(props, posture)).toEqual(expected);
  });

  test.each([['instance', {}], ['cluster', { capacity: PostgresCapacity.serverless({ min: 1, max: 2 }) }]])('fails with destruction, for an %s', (_kind, props) => {
    expect(() => serverTemplate({ ...props, deletionProtection: true, removalPolicy: RemovalPolicy.DESTROY }, Posture.production())).toThrow(/PrivatePostgres\.deletionProtection/);
  });
});
