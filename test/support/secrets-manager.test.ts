import { GetSecretValueCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { InMemorySecretsManager } from './secrets-manager';

const FIRST = '11111111-1111-1111-1111-111111111111';
const SECOND = '22222222-2222-2222-2222-222222222222';

let manager: InMemorySecretsManager;
let arn: string;

beforeEach(() => {
  manager = new InMemorySecretsManager();
  arn = manager.create('secret');
});

const put = (token: string, text: string) => manager.asClient().send(new PutSecretValueCommand({ SecretId: arn, ClientRequestToken: token, SecretString: text }));
const read = (input: object) => manager.asClient().send(new GetSecretValueCommand({ SecretId: arn, ...input }));
const move = (to: string, from?: string) => manager.asClient().send(new UpdateSecretVersionStageCommand({ SecretId: arn, VersionStage: 'AWSCURRENT', MoveToVersionId: to, RemoveFromVersionId: from }));

test('fails to read a secret without a value', async () => {
  await expect(read({})).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: expect.stringContaining('AWSCURRENT') });
});

test('a new version becomes the current one and the one before it the previous one', async () => {
  await put(FIRST, 'one');
  await put(SECOND, 'two');
  expect(await read({})).toMatchObject({ VersionId: SECOND, SecretString: 'two' });
  expect(await read({ VersionStage: 'AWSPREVIOUS' })).toMatchObject({ VersionId: FIRST, SecretString: 'one' });
});

test('the same token with the same value does nothing, also not to the labels', async () => {
  await put(FIRST, 'one');
  await put(SECOND, 'two');
  expect(await put(FIRST, 'one')).toMatchObject({ VersionStages: ['AWSPREVIOUS'] });
  expect(await read({})).toMatchObject({ VersionId: SECOND });
});

test('fails to write another value under the same token', async () => {
  await put(FIRST, 'one');
  await expect(put(FIRST, 'other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('fails for a token of the wrong length', async () => {
  await expect(put('short', 'one')).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('moving the current label moves the previous label to where it was, and a version without a label is still there', async () => {
  await put(FIRST, 'one');
  await put(SECOND, 'two');
  await put('33333333-3333-3333-3333-333333333333', 'three');
  await move(FIRST, '33333333-3333-3333-3333-333333333333');
  expect(await read({})).toMatchObject({ VersionId: FIRST });
  expect(await read({ VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'three' });
  expect(await read({ VersionId: SECOND })).toMatchObject({ SecretString: 'two', VersionStages: [] });
});

test('fails to move a label without saying, correctly, where it is', async () => {
  await put(FIRST, 'one');
  await put(SECOND, 'two');
  await expect(move(FIRST)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(move(FIRST, FIRST)).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('fails for a secret that is marked for deletion, and for one that is gone', async () => {
  manager.delete(arn, { recoveryWindow: true });
  await expect(put(FIRST, 'one')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  manager.delete(arn);
  await expect(read({})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
