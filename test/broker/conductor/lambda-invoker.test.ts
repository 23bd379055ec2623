import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { FakeClock } from './world';
import type { SqlRequest } from '../../../src/broker/broker.contract';
import { lambdaInvoker } from '../../../src/broker/handler/conductor/lambda-invoker';

const MINUTE = 60_000;
const REQUEST = { operation: 'inspectUser', user: { username: 'api', logins: ['api'] } } as unknown as SqlRequest;

const lambda = mockClient(LambdaClient);
let clock: FakeClock;
let start: number;

beforeEach(() => {
  lambda.reset();
  clock = new FakeClock();
  start = clock.now();
});

const invoke = () => lambdaInvoker(new LambdaClient({ region: 'eu-west-1' }), { name: 'sql', logGroup: '/logs/sql' }, clock)(REQUEST, start + 14 * MINUTE);
const payload = (value: unknown) => Buffer.from(JSON.stringify(value)) as never;
const failure = (name: string, message = name) => Object.assign(new Error(message), { name });

test('calls the function synchronously with the request and answers what it answered', async () => {
  lambda.on(InvokeCommand).resolves({ Payload: payload({ ok: true, changes: ['CREATE ROLE "api"'] }) });
  expect(await invoke()).toEqual({ ok: true, changes: ['CREATE ROLE "api"'] });
  const { input } = lambda.commandCalls(InvokeCommand)[0].args[0];
  expect(input).toMatchObject({ FunctionName: 'sql', InvocationType: 'RequestResponse' });
  expect(JSON.parse(Buffer.from(input.Payload as Uint8Array).toString())).toEqual(REQUEST);
});

test.each([
  'ResourceConflictException', 'ResourceNotReadyException', 'ENINotReadyException', 'ENILimitReachedException', 'SubnetIPAddressLimitReachedException',
  'TooManyRequestsException', 'ServiceException', 'AccessDeniedException', 'TimeoutError',
])('calls again after %s', async (name) => {
  lambda.on(InvokeCommand).rejectsOnce(failure(name)).rejectsOnce(failure(name)).resolves({ Payload: payload({ ok: true, changes: [] }) });
  expect(await invoke()).toEqual({ ok: true, changes: [] });
});

test('calls again after a connection that broke', async () => {
  lambda.on(InvokeCommand).rejectsOnce(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })).resolves({ Payload: payload({ ok: true, changes: [] }) });
  expect(await invoke()).toEqual({ ok: true, changes: [] });
});

test('fails when the function is not ready for five minutes', async () => {
  lambda.on(InvokeCommand).rejects(failure('ResourceConflictException', 'The operation cannot be performed at this time. The function is currently in the following state: Pending'));
  await expect(invoke()).rejects.toMatchObject({ code: 'ResourceConflictException', message: expect.stringContaining('Pending') });
  expect(clock.now() - start).toBeGreaterThan(4 * MINUTE);
  expect(clock.now() - start).toBeLessThanOrEqual(5 * MINUTE);
});

test('fails when no concurrent execution is free until the end, with what to do', async () => {
  lambda.on(InvokeCommand).rejects(failure('TooManyRequestsException', 'Rate Exceeded.'));
  await expect(invoke()).rejects.toMatchObject({ code: 'TooManyRequestsException', message: expect.stringContaining('higher quota') });
  expect(clock.now() - start).toBeGreaterThan(13 * MINUTE);
  expect(clock.now() - start).toBeLessThanOrEqual(14 * MINUTE);
});

test('many that were refused at once do not come back at once', async () => {
  const pauses = new Set<number>();
  for (let round = 0; round < 20; round++) {
    lambda.reset();
    lambda.on(InvokeCommand).rejectsOnce(failure('TooManyRequestsException')).resolves({ Payload: payload({ ok: true, changes: [] }) });
    const before = clock.now();
    await invoke();
    pauses.add(clock.now() - before);
    start = clock.now();
  }
  expect(pauses.size).toBeGreaterThan(5);
});

test.each([
  ['fails with the message of a function that broke', { FunctionError: 'Unhandled', Payload: payload({ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 840.00 seconds' }) }, /failed: Task timed out after 840.00 seconds\. See the log group '\/logs\/sql'/],
  ['fails when the function broke without a message', { FunctionError: 'Unhandled' }, /failed: Unhandled\. See the log group/],
  ['fails when the answer is none', { Payload: payload(null) }, /returned nothing\. See the log group '\/logs\/sql'/],
  ['fails when there is no payload', {}, /returned nothing\. See the log group '\/logs\/sql'/],
])('%s', async (_, output, message) => {
  lambda.on(InvokeCommand).resolves(output);
  await expect(invoke()).rejects.toMatchObject({ code: 'SQL_FUNCTION', message: expect.stringMatching(message) });
  expect(lambda.commandCalls(InvokeCommand)).toHaveLength(1);
});

test('fails at once for what no waiting helps against', async () => {
  lambda.on(InvokeCommand).rejects(failure('ResourceNotFoundException', 'Function not found'));
  await expect(invoke()).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  expect(lambda.commandCalls(InvokeCommand)).toHaveLength(1);
});

test('fails when the call is ended because time is up', async () => {
  lambda.on(InvokeCommand).rejects(failure('AbortError', 'Request aborted'));
  await expect(invoke()).rejects.toMatchObject({ code: 'AbortError', message: expect.stringContaining('goes on where it was') });
});
