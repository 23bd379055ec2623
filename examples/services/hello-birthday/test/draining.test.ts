import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, Service } from './support/service';

/** It is never asked: draining has nothing to do with the database. */
const NO_DATABASE = 'postgresql://nobody@127.0.0.1:1/none';

describe('a service that got SIGTERM', () => {
  let service: Service;
  let agent: Agent;

  beforeEach(async () => {
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    service = await Service.start(NO_DATABASE, { DRAIN_SECONDS: '3', STOP_TIMEOUT_SECONDS: '10' });
  });

  afterEach(async () => {
    agent.destroy();
    await service.stop();
  });

  /** A request on the connection that a client keeps. */
  const send = async (path: string, using: Agent | false = agent) => {
    const call = request(`${service.base}${path}`, { agent: using }).end();
    const [response] = await once(call, 'response') as [IncomingMessage];
    await text(response);
    return { status: response.statusCode, connection: response.headers.connection, reused: call.reusedSocket };
  };

  test('says so to the load balancer, and goes on to take new connections, which it closes after their answer', async () => {
    const exit = service.stop();
    await eventually(async () => (await send('/healthz', false)).status === 503);
    await sleep(1_000);
    expect(await send('/livez', false)).toEqual({ status: 200, connection: 'close', reused: false });
    expect(await exit).toBe(0);
  });

  test('answers on connections that clients keep, and asks them to open another one', async () => {
    expect(await send('/livez')).toEqual({ status: 200, connection: 'keep-alive', reused: false });
    const exit = service.stop();
    await eventually(async () => (await send('/healthz', false)).status === 503);
    expect(await send('/livez')).toEqual({ status: 200, connection: 'close', reused: true });
    expect(await send('/livez')).toEqual({ status: 200, connection: 'close', reused: false });
    expect(await exit).toBe(0);
  });

  test('keeps connections without a request open until it takes no new ones, and ends then', async () => {
    await send('/livez');
    const [socket] = Object.values(agent.freeSockets)[0]!;
    const since = Date.now();
    const exit = service.stop();
    await once(socket, 'close');
    expect(Date.now() - since).toBeGreaterThan(2_900);
    await expect(send('/livez', false)).rejects.toThrow('ECONNREFUSED');
    expect(await exit).toBe(0);
    expect(Date.now() - since).toBeLessThan(5_000);
  });

  test('ends at once where somebody interrupts it at a keyboard', async () => {
    const since = Date.now();
    service.child.kill('SIGINT');
    expect((await once(service.child, 'exit'))[0]).toBe(0);
    expect(Date.now() - since).toBeLessThan(2_000);
  });
});
