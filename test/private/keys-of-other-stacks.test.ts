import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  AdminSecret, AuditTrail, BackendCluster, BackendNetwork, ContainerRepository, FargateApi, MigrationSource, MigrationTask, Posture, PostgresCapacity, PrivateFileSystem, PrivatePostgres, RedisCache,
  ServiceImage, ServiceVolume, SsmBastion, type IPostgres,
} from '../../src';
import type { IServiceBinding } from '../../src/binding';
import { allFlags } from '../support/feature-flags';
import { EXAMPLES } from '../support/whole-backend';

/** Where a key is used. */
interface Use {
  readonly data: Stack;
  readonly services: Stack;
  readonly vpc: IVpc;
  readonly key: kms.IKey;
}

const serve = ({ services, vpc }: Use, ...connectTo: IServiceBinding[]) =>
  new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api')), connectTo });

const migrate = ({ data, vpc }: Use, { database }: IPostgres) => new MigrationTask(data, 'Migrations', {
  cluster: new BackendCluster(data, 'DataCluster', { vpc }), database, source: MigrationSource.goose(path.join(EXAMPLES, '01-private-backend/migrations')),
});

/** Every prop of the library that takes a key, with somebody who reads what it encrypts. */
const PROPS: [string, (use: Use) => unknown][] = [
  ['PostgresUserOptions.encryptionKey', (use) => serve(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc }).database.addUser('Api', { encryptionKey: use.key }))],
  ['PostgresDatabaseOptions.ownerEncryptionKey', (use) => serve(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc }).addDatabase('Orders', { ownerEncryptionKey: use.key }).owner)],
  ['PrivatePostgresProps.ownerEncryptionKey', (use) => migrate(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc, ownerEncryptionKey: use.key }))],
  ['PrivatePostgresProps.encryptionKey', (use) => serve(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc, encryptionKey: use.key }).addUser('Api'))],
  ['PrivatePostgresProps.encryptionKey of Aurora', (use) => serve(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc, encryptionKey: use.key, capacity: PostgresCapacity.serverless({ min: 1, max: 2 }) }).addUser('Api'))],
  ['AdminSecretOptions.encryptionKey of RDS', (use) => serve(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc, adminSecret: AdminSecret.rdsManaged({ encryptionKey: use.key }) }).addUser('Api'))],
  ['AdminSecretOptions.encryptionKey', (use) => serve(use, new PrivatePostgres(use.data, 'Postgres', { vpc: use.vpc, adminSecret: AdminSecret.generated({ encryptionKey: use.key }) }).addUser('Api'))],
  ['RedisUserOptions.encryptionKey', (use) => serve(use, new RedisCache(use.data, 'Cache', { vpc: use.vpc }).addUser('Api', { encryptionKey: use.key }))],
  ['RedisCacheProps.encryptionKey', (use) => serve(use, new RedisCache(use.data, 'Cache', { vpc: use.vpc, encryptionKey: use.key }).addUser('Api'))],
  ['PrivateFileSystemProps.encryptionKey', (use) => {
    const fileSystem = new PrivateFileSystem(use.data, 'Files', { vpc: use.vpc, encryptionKey: use.key });
    new FargateApi(use.services, 'Api', {
      cluster: new BackendCluster(use.services, 'Cluster', { vpc: use.vpc }), image: ServiceImage.fromDirectory(path.join(EXAMPLES, 'services/go-api')), volumes: [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/uploads' })],
    });
  }],
  ['ContainerRepositoryProps.encryptionKey', (use) => new FargateApi(use.services, 'Api', {
    cluster: new BackendCluster(use.services, 'Cluster', { vpc: use.vpc }), image: new ContainerRepository(use.data, 'Images', { encryptionKey: use.key }).image('1.0.0'),
  })],
  ['BackendNetworkProps.flowLogEncryptionKey', (use) => new BackendNetwork(use.data, 'Other', { flowLogs: true, flowLogEncryptionKey: use.key })],
  ['SsmBastionProps.sessionLogEncryptionKey', (use) => new SsmBastion(use.data, 'Bastion', { vpc: use.vpc, sessionLogging: true, sessionLogEncryptionKey: use.key })],
  ['AuditTrailProps.encryptionKey', (use) => new AuditTrail(use.data, 'Trail', { encryptionKey: use.key, sendToCloudWatchLogs: true })],
];

type Stacks = Record<'data' | 'services' | 'keys' | 'late', Stack>;

const PLACES: [string, (stacks: Stacks) => Stack][] = [
  ['of the same stack', ({ data }) => data],
  ['of a stack before', ({ keys }) => keys],
  ['of a stack that is declared behind', ({ late }) => late],
];

/** Two stacks with services behind, data between and keys before. */
function newStacks(context: Record<string, unknown> = {}): Stacks & { app: App; vpc: IVpc } {
  const app = new App({ context });
  Posture.development().applyTo(app);
  const [keys, data, services, late] = ['Keys', 'Data', 'Services', 'Late'].map((id) => new Stack(app, id));
  return { app, keys, data, services, late, vpc: new BackendNetwork(data, 'Network').vpc };
}

describe.each([['no feature flags', {}], ['all feature flags', allFlags()]])('with %s', (_flags, context) => {
  describe.each(PLACES)('a key %s', (_place, placeOf) => {
    test.each(PROPS)('can be %s', (_prop, declare) => {
      const stacks = newStacks(context as Record<string, unknown>);
      declare({ ...stacks, key: new kms.Key(placeOf(stacks), 'Key') });
      expect(() => stacks.app.synth()).not.toThrow();
    });
  });
});

describe('a key of the stack of the service', () => {
  const synthesize = (declare: (use: Use) => unknown): string | undefined => {
    const stacks = newStacks();
    try {
      declare({ ...stacks, key: new kms.Key(stacks.services, 'Key') });
      stacks.app.synth();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each(PROPS)('fails to be %s with both stacks and the way out, or works', (_prop, declare) => {
    const message = synthesize(declare);
    if (message !== undefined) {
      expect(message).toMatch(/'Services\/Key'.*'Data'.*'Services'|'Data\/Network'.*'Services\/Key'/);
      expect(message).toContain('import the key by its ARN with `kms.Key.fromKeyArn()`.');
      expect(message).toContain('[cdk-private-backend:Stack.circularDependency]');
    }
  });

  test('fails for the secret of a user', () => {
    expect(synthesize(PROPS[0][1])).toMatch(/so the two stacks would depend on each other/);
  });
});

describe('whoever reads the secret of a user', () => {
  const statements = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => (Properties as { PolicyDocument: { Statement: { Action: unknown; Condition?: unknown; Resource: unknown }[] } }).PolicyDocument.Statement);
  const decrypting = (stack: Stack) => statements(stack).filter(({ Action }) => Action === 'kms:Decrypt');

  test.each([PROPS[0], PROPS[1], PROPS[7]])('in another stack may use the key through Secrets Manager, and the policy of the key stays as it is (%s)', (_prop, declare) => {
    // GIVEN
    const stacks = newStacks();
    const key = new kms.Key(stacks.keys, 'Key');

    // WHEN
    declare({ ...stacks, key });

    // THEN
    expect(decrypting(stacks.services)).toEqual([expect.objectContaining({ Condition: { StringEquals: { 'kms:ViaService': expect.anything() as unknown } } })]);
    expect(JSON.stringify(Template.fromStack(stacks.keys).toJSON())).not.toContain('Services');
  });

  test.each([PROPS[0], PROPS[7]])('has a permission for an imported key, whose policy nobody here can change (%s)', (_prop, declare) => {
    const stacks = newStacks();
    const keyArn = 'arn:aws:kms:eu-west-1:111111111111:key/1';
    declare({ ...stacks, key: kms.Key.fromKeyArn(stacks.data, 'Key', keyArn) });
    expect(decrypting(stacks.services)).toEqual([expect.objectContaining({ Resource: keyArn })]);
  });

  test('in the stack of the key is named in its policy, so that a key without trust in its account works', () => {
    const stacks = newStacks();
    const key = new kms.Key(stacks.data, 'Key');
    declare({ ...stacks, services: stacks.data, key });
    expect(decrypting(stacks.data)).toHaveLength(0);

    function declare(use: Use) {
      serve(use, new RedisCache(use.data, 'Cache', { vpc: use.vpc }).addUser('Api', { encryptionKey: use.key }));
    }
  });
});
