import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteRetentionPolicyCommand, PutRetentionPolicyCommand, ResourceAlreadyExistsException } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { ConductorWorld, unreachable } from './conductor-world';
import { FakeSql } from './fake-sql';

const GROUPS = ['/aws/rds/instance/backend-db/postgresql', '/aws/rds/instance/backend-db/upgrade'];
const logs = mockClient(CloudWatchLogsClient);

let sql: FakeSql;
let world: ConductorWorld;

beforeEach(() => {
  logs.reset();
  logs.onAnyCommand().resolves({});
  sql = new FakeSql();
  world = new ConductorWorld(sql.handle);
  world.env.SERVER_KIND = 'imported';
});

const create = (properties: object) => world.send({ RequestType: 'Create', ...world.database(properties) });
const update = (properties: object) => world.send({ RequestType: 'Update', PhysicalResourceId: 'database:app', ...world.database(properties), OldResourceProperties: {} });
const retentions = () => logs.commandCalls(PutRetentionPolicyCommand).map(({ args: [{ input }] }) => [input.logGroupName, input.retentionInDays]);
const exists = () => new ResourceAlreadyExistsException({ message: 'The specified log group already exists', $metadata: {} });

test('the first database makes each log group of its server that is not there yet, and gives it its retention', async () => {
  expect((await create({ LogGroups: GROUPS, LogRetention: '90' })).Status).toBe('SUCCESS');
  expect(logs.commandCalls(CreateLogGroupCommand).map(({ args: [{ input }] }) => input.logGroupName)).toEqual(GROUPS);
  expect(retentions()).toEqual(GROUPS.map((group) => [group, 90]));
});

test('a log group that RDS has made already gets its retention, at each converge', async () => {
  logs.on(CreateLogGroupCommand).rejects(exists());
  expect((await create({ LogGroups: GROUPS, LogRetention: '90' })).Status).toBe('SUCCESS');
  expect((await update({ LogGroups: GROUPS, LogRetention: '365' })).Status).toBe('SUCCESS');
  expect(retentions()).toEqual([...GROUPS.map((group) => [group, 90]), ...GROUPS.map((group) => [group, 365])]);
});

test('events that never expire are no retention', async () => {
  expect((await create({ LogGroups: GROUPS.slice(0, 1), LogRetention: '9999' })).Status).toBe('SUCCESS');
  expect(logs.commandCalls(DeleteRetentionPolicyCommand).map(({ args: [{ input }] }) => input.logGroupName)).toEqual(GROUPS.slice(0, 1));
  expect(retentions()).toEqual([]);
});

test.each([[CreateLogGroupCommand], [PutRetentionPolicyCommand]])('a failure fails the deployment, and names the group and the reason (%p)', async (command) => {
  logs.on(command as typeof CreateLogGroupCommand).rejects(Object.assign(new Error('User is not authorized.'), { name: 'AccessDeniedException' }));
  const { Status, Reason } = await create({ LogGroups: GROUPS, LogRetention: '90' });
  expect(Status).toBe('FAILED');
  expect(Reason).toBe(`[LOG_RETENTION] The retention of the server's log group '${GROUPS[0]}' couldn't be set: AccessDeniedException: User is not authorized. Correct that, then deploy again.`);
});

test.each([[{ LogGroups: 'one' }], [{ LogGroups: GROUPS }], [{ LogGroups: [''], LogRetention: '90' }]])('properties that cannot be right fail: %j', async (properties) => {
  expect(await create(properties)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[INVALID_PROPERTY] Property \'Log') });
});

test('nothing is asked of CloudWatch Logs where nothing is exported, where a take-over is only planned, where the server is not reached, and at removal', async () => {
  await create({});
  await create({ LogGroups: GROUPS, LogRetention: '90', AdoptExisting: 'plan' });
  await world.send({ RequestType: 'Delete', PhysicalResourceId: 'database:app', ...world.database({ LogGroups: GROUPS, LogRetention: '90' }) });
  world.sql = async () => unreachable();
  expect((await create({ LogGroups: GROUPS, LogRetention: '90' })).Status).toBe('FAILED');
  expect(logs.calls()).toEqual([]);
});
