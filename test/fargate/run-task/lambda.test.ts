import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { event, update } from './harness';
import { handler } from '../../../src/fargate/run-task.lambda';

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:run';

let server: Server;
let url: string;
let bodies: string[];
const ecs = mockClient(ECSClient);
const lambda = mockClient(LambdaClient);
const cloudFormation = mockClient(CloudFormationClient);
const output = jest.spyOn(console, 'log');

function context(remaining: number): Context {
  return { getRemainingTimeInMillis: () => remaining, invokedFunctionArn: FUNCTION_ARN } as unknown as Context;
}

beforeEach(async () => {
  [ecs, lambda, cloudFormation].forEach((mock) => mock.reset());
  output.mockReset();
  bodies = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  (globalThis as { EMULATED_CLOUD?: string }).EMULATED_CLOUD = 'http://127.0.0.1';
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=secret`;
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

test('it runs the task and answers to the URL of the request', async () => {
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn: 'task/1' }] });
  ecs.on(DescribeTasksCommand).resolves({
    tasks: [{ taskArn: 'task/1', startedBy: `${event().RequestId}/1`, lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate', exitCode: 0 }] }],
  });
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [] });

  await handler(event({ ResponseURL: url }), context(900_000));

  expect(JSON.parse(bodies[0])).toMatchObject({ Status: 'SUCCESS', RequestId: event().RequestId });
}, 30_000);

test('pitfall 1: with little time left it invokes itself with what it has learned, without waiting and without an answer', async () => {
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [] });
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 });

  await handler(update({ ResponseURL: url }), context(100_000));

  expect(bodies).toEqual([]);
  const [{ args: [{ input }] }] = lambda.commandCalls(InvokeCommand);
  expect(input).toMatchObject({ FunctionName: FUNCTION_ARN, InvocationType: 'Event' });
  expect(JSON.parse(input.Payload as string)).toMatchObject({ RequestId: event().RequestId, ResponseURL: url, Progress: { attempt: 1, refusals: 0, deadline: expect.any(Number) } });
});

test('pitfall 8: its own log holds no answer URL, which is a credential', async () => {
  ecs.on(ListTasksCommand).rejects(new Error('no'));

  await handler(event({ RequestType: 'Delete', ResponseURL: url }), context(900_000));

  expect(JSON.parse(bodies[0])).toMatchObject({ Status: 'SUCCESS' });
  const written = output.mock.calls.flat().join('\n');
  expect(written).toContain('cannot stop tasks');
  expect(written).not.toContain('signature');
});
