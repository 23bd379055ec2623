import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { ADMIN_PASSWORD, FakeClock } from './world';
import type { ConductorEvent } from '../../../src/broker/handler/conductor/request';
import { responseBody } from '../../../src/broker/handler/conductor/respond';
import { putResponse } from '../../../src/private/handler/put-response';
import { ConductorWorld } from '../../postgres/engine/conductor/conductor-world';
import { FakeSql } from '../../postgres/engine/conductor/fake-sql';

const EVENT = { StackId: 's'.repeat(200), RequestId: 'r'.repeat(36), LogicalResourceId: 'l'.repeat(255) } as ConductorEvent;

describe('the body', () => {
  test('holds what CloudFormation wants, and only that', () => {
    const body = JSON.parse(responseBody(EVENT, { status: 'SUCCESS', physicalId: 'user:api', data: { Username: 'api' } }));
    expect(body).toEqual({ Status: 'SUCCESS', PhysicalResourceId: 'user:api', StackId: EVENT.StackId, RequestId: EVENT.RequestId, LogicalResourceId: EVENT.LogicalResourceId, Data: { Username: 'api' } });
  });

  test('is below 4096 bytes with a reason below 1,000 characters, whatever the reason', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.nat(3), (text, repeat) => {
      const body = responseBody(EVENT, { status: 'FAILED', physicalId: `user:${'ü'.repeat(31)}`, reason: text.repeat(repeat * 10) });
      expect(Buffer.byteLength(body)).toBeLessThan(4096);
      expect((JSON.parse(body).Reason ?? '').length).toBeLessThan(1000);
    }));
  });

  test('keeps as much of a long reason as fits and shows that it was cut', () => {
    const { Reason } = JSON.parse(responseBody(EVENT, { status: 'FAILED', physicalId: 'x', reason: 'a'.repeat(5000) }));
    expect(Reason).toBe(`${'a'.repeat(998)}…`);
  });
});

describe('delivery', () => {
  const global = globalThis as { EMULATED_CLOUD?: string };
  beforeAll(() => { global.EMULATED_CLOUD = 'http://127.0.0.1'; });
  afterAll(() => { delete global.EMULATED_CLOUD; });

  let server: Server;
  let url: string;
  let statuses: number[];
  const received: { body: string; method?: string; headers: IncomingHttpHeaders }[] = [];

  beforeEach(async () => {
    received.length = 0;
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        received.push({ body: Buffer.concat(chunks).toString(), method: request.method, headers: request.headers });
        response.writeHead(statuses.shift() ?? 200).end();
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed?X=1`;
  });

  afterEach(() => new Promise((closed) => server.close(closed)));

  test('is a PUT with a length and without a content type, because the URL is signed for none', async () => {
    statuses = [];
    await putResponse(url, '{"Status":"SUCCESS","Reason":"ü"}', new FakeClock());
    expect(received).toEqual([expect.objectContaining({ method: 'PUT', body: '{"Status":"SUCCESS","Reason":"ü"}' })]);
    expect(received[0].headers['content-type'] ?? '').toBe('');
    expect(received[0].headers['content-length']).toBe('34');
    expect(received[0].headers['transfer-encoding']).toBeUndefined();
  });

  test('is tried again when S3 has a bad moment', async () => {
    statuses = [503, 500];
    await putResponse(url, '{}', new FakeClock());
    expect(received).toHaveLength(3);
  });

  test('fails when it is refused every time', async () => {
    statuses = Array.from({ length: 20 }, () => 403);
    await expect(putResponse(url, '{}', new FakeClock())).rejects.toThrow('[NOT_DELIVERED] CloudFormation didn\'t accept the response: status 403');
  });

  test('fails when nobody listens', async () => {
    await expect(putResponse('http://127.0.0.1:9/', '{}', new FakeClock())).rejects.toThrow('CloudFormation didn\'t accept the response');
  });
});

describe('a URL for the response', () => {
  const fetched: string[] = [];
  let send: jest.SpyInstance;
  beforeEach(() => {
    fetched.length = 0;
    send = jest.spyOn(globalThis, 'fetch').mockImplementation(async (target) => {
      fetched.push(String(target));
      return new Response();
    });
  });
  afterEach(() => send.mockRestore());

  test.each([
    ['eu-west-1', 'https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/a?b'],
    ['eu-west-1', 'https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/a?b'],
    ['us-east-1', 'https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/a?b'],
    ['us-gov-west-1', 'https://cloudformation-custom-resource-response-usgovwest1.s3-us-gov-west-1.amazonaws.com/a?b'],
    ['cn-north-1', 'https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/a?b'],
    ['us-iso-east-1', 'https://bucket.s3.us-iso-east-1.c2s.ic.gov/a'],
    ['us-isob-east-1', 'https://bucket.s3.us-isob-east-1.sc2s.sgov.gov/a'],
    ['eu-isoe-west-1', 'https://bucket.s3.eu-isoe-west-1.cloud.adc-e.uk/a'],
    ['us-isof-south-1', 'https://bucket.s3.us-isof-south-1.csp.hci.ic.gov/a'],
    ['eusc-de-east-1', 'https://bucket.s3.eusc-de-east-1.amazonaws.eu/a'],
    ['us-west-2', 'https://s3.us-west-2.amazonaws.com/bucket/a'],
  ])('is used in %s where it is %s', async (region, url) => {
    await putResponse(url, '{}', new FakeClock(), region);
    expect(fetched).toEqual([url]);
  });

  test.each([
    ['http://bucket.s3.amazonaws.com/a'],
    ['https://bucket.s3.amazonaws.com:8443/a'],
    ['https://user@bucket.s3.amazonaws.com/a'],
    ['https://bucket.s3.amazonaws.com.cn/a'],
    ['https://bucket.s3.amazonaws.com.evil.example/a'],
    ['https://evil.example/.s3.amazonaws.com'],
    ['https://bucket.s3xamazonaws.com/a'],
    ['https://abc.execute-api.eu-west-1.amazonaws.com/a'],
    ['https://ec2-1-2-3-4.compute-1.amazonaws.com/a'],
    ['https://bucket.s3-website.eu-west-1.amazonaws.com/a'],
    ['https://169.254.169.254/latest'],
    ['http://127.0.0.1:4566/a'],
    ['file:///etc/passwd'],
    ['not a url'],
    [''],
  ])('gets nothing where it is %p', async (url) => {
    await expect(putResponse(url, '{"Reason":"x"}', new FakeClock(), 'eu-west-1')).rejects.toThrow('[UNTRUSTED_URL]');
    expect(fetched).toEqual([]);
  });

  test.each(['assets/postgres/engine/conductor.lambda/index.js', 'assets/fargate/run-task.lambda/index.js'])('has no exception in %s', (bundle) => {
    expect(readFileSync(join(__dirname, '../../..', bundle), 'utf8')).toMatch(/^(?=[^]*UNTRUSTED_URL)(?![^]*EMULATED_CLOUD)(?![^]*127\.0\.0\.1)/);
  });
});

describe('what is said', () => {
  test('holds no password, whatever the SQL function reports, and no presigned URL', async () => {
    // GIVEN
    const sql = new FakeSql();
    const world = new ConductorWorld(async (request) => {
      const own = request.operation === 'convergeUser' ? request.passwords[request.user.username] : '';
      const message = `syntax error near ${own} ${encodeURIComponent(ADMIN_PASSWORD)} ${JSON.stringify(ADMIN_PASSWORD)} ${request.server.password}`;
      return request.operation === 'convergeUser' ? { ok: false, error: { code: '42601', message, unreachable: false, wrongPassword: false } } : sql.handle(request);
    });
    const secret = world.secrets.create('api');

    // WHEN
    const answer = await world.send({ RequestType: 'Create', ...world.user(secret) });

    // THEN
    expect(answer.Reason).toBe('[42601] syntax error near ******** ******** "********" ********');
    for (const hidden of [world.secrets.value(secret).password, ADMIN_PASSWORD, JSON.stringify(ADMIN_PASSWORD).slice(1, -1), 'do-not-log']) {
      expect(world.said).not.toContain(hidden);
    }
    expect(world.logs.length).toBeGreaterThan(1);
    expect(world.logs.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ level: 'error', logicalId: 'Api', requestId: expect.any(String) }));
  });

  test.each(['"', 'null', '":"', '\uD800', 'level'])('stays readable with %j as a password', async (password) => {
    const world = new ConductorWorld(new FakeSql().handle);
    world.secrets.put(world.adminSecret, { username: 'postgres', password });
    expect(await world.send({ RequestType: 'Create', ...world.user(world.secrets.create('api')) })).toMatchObject({ Status: 'SUCCESS' });
    expect(world.logs.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ message: 'answered', level: 'info' }));
  });

  test('an answer that cannot be delivered is in the log, and nothing is thrown', async () => {
    const world = new ConductorWorld(new FakeSql().handle);
    await world.send({ RequestType: 'Create', ...world.user(world.secrets.create('api')) }, { sendResponse: () => Promise.reject(new Error('status 403')) });
    expect(world.said).toContain('answer not delivered');
  });

  test('an unknown resource type is an answer too', async () => {
    const world = new ConductorWorld(new FakeSql().handle);
    expect(await world.send({ RequestType: 'Create', ...world.database(), ResourceType: 'Custom::Other' })).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Custom::Other') });
  });

  test('a missing setting of the function is an answer too', async () => {
    const world = new ConductorWorld(new FakeSql().handle);
    delete world.env.HOST;
    expect(await world.send({ RequestType: 'Create', ...world.database() })).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('environment variable \'HOST\'') });
  });
});
