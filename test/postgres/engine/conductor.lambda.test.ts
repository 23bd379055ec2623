import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient, type DescribeDBInstancesCommandOutput } from '@aws-sdk/client-rds';
import { SecretsManagerClient, type GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import type { ConductorEvent } from '../../../src/broker/handler/conductor/request';
import { handler } from '../../../src/postgres/engine/conductor.lambda';
import { DATABASE_RESOURCE_TYPE } from '../../../src/postgres/engine/postgres.contract';

const lambda = mockClient(LambdaClient);
const secrets = mockClient(SecretsManagerClient);
const environment = { ...process.env };
let cloudFormation: Server;
let answers: string[];
let lines: string[];
let url: string;

beforeAll(() => { (globalThis as { EMULATED_CLOUD?: string }).EMULATED_CLOUD = 'http://127.0.0.1'; });
afterAll(() => { delete (globalThis as { EMULATED_CLOUD?: string }).EMULATED_CLOUD; });

beforeEach(async () => {
  lambda.reset();
  secrets.reset();
  answers = [];
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1', SQL_FUNCTION: 'sql', HOST: 'db.example.internal', PORT: '5432', ADMIN_SECRET_ARN: 'admin', SERVER_KIND: 'imported', SERVER_OWNED: 'false',
  });
  cloudFormation = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => body += chunk.toString()).on('end', () => {
      answers.push(body);
      response.end();
    });
  });
  await new Promise<void>((ready) => cloudFormation.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  process.env = { ...environment };
  jest.restoreAllMocks();
  await new Promise((closed) => cloudFormation.close(closed));
});

async function handle(): Promise<Record<string, unknown>> {
  await send(900_000);
  return JSON.parse(answers[0]);
}

async function send(remaining: number): Promise<void> {
  await handler({
    RequestType: 'Create',
    RequestId: 'r',
    StackId: 's',
    LogicalResourceId: 'Database',
    ResourceType: DATABASE_RESOURCE_TYPE,
    ResponseURL: url,
    ServiceToken: 't',
    ResourceProperties: { ServiceToken: 't', DatabaseName: 'app' },
  } as ConductorEvent, { getRemainingTimeInMillis: () => remaining, invokedFunctionArn: 'conductor' });
}

test('reads its environment, asks the SQL function and answers CloudFormation itself', async () => {
  secrets.onAnyCommand().resolves({ VersionId: 'v', SecretString: JSON.stringify({ username: 'postgres', password: 'hidden-password' }) } as GetSecretValueCommandOutput);
  lambda.on(InvokeCommand, { FunctionName: 'sql' }).resolves({ Payload: Buffer.from('{"ok":true,"changes":[]}') as never });
  expect(await handle()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'database:app', Data: { DatabaseName: 'app' }, RequestId: 'r', StackId: 's', LogicalResourceId: 'Database' });
  const request = JSON.parse(Buffer.from(lambda.commandCalls(InvokeCommand)[0].args[0].input.Payload as Uint8Array).toString());
  expect(request).toMatchObject({ operation: 'convergeDatabase', server: { host: 'db.example.internal', port: 5432, owned: false } });
  expect(request.deadline - Date.now()).toBeGreaterThan(60_000);
});

test('writes structured lines without passwords', async () => {
  secrets.onAnyCommand().resolves({ VersionId: 'v', SecretString: JSON.stringify({ username: 'postgres', password: 'hidden-password' }) } as GetSecretValueCommandOutput);
  lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: Buffer.from('{"errorMessage":"broke with hidden-password"}') as never });
  expect(await handle()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('broke with ********') });
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['info', 'error', 'info']);
  expect(lines.join()).not.toContain('hidden-password');
  expect(lines.join()).not.toContain(url);
});

test('hands over to itself, without an answer, while RDS creates the server', async () => {
  // GIVEN
  Object.assign(process.env, { SERVER_KIND: 'instance', SERVER_IDENTIFIER: 'backend' });
  const rds = mockClient(RDSClient);
  rds.onAnyCommand().resolves({ DBInstances: [{ DBInstanceStatus: 'creating' }] } as DescribeDBInstancesCommandOutput);
  secrets.onAnyCommand().resolves({ VersionId: 'v', SecretString: JSON.stringify({ username: 'postgres', password: 'hidden-password' }) } as GetSecretValueCommandOutput);
  lambda.on(InvokeCommand, { FunctionName: 'sql' }).resolves({ Payload: Buffer.from('{"ok":false,"error":{"code":"ENOTFOUND","message":"The server was not reached.","unreachable":true,"wrongPassword":false}}') as never });
  lambda.on(InvokeCommand, { FunctionName: 'conductor', InvocationType: 'Event' }).resolves({});

  // WHEN
  await send(50_000);

  // THEN
  expect(answers).toEqual([]);
  const { Payload } = lambda.commandCalls(InvokeCommand, { FunctionName: 'conductor' })[0].args[0].input;
  expect(JSON.parse(String(Payload))).toMatchObject({ RequestType: 'Create', ResponseURL: url, Invocation: 2, ResourceProperties: { DatabaseName: 'app' } });
  rds.restore();
});
