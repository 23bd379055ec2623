import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { daysUntilBirthday, parseDate, utcDate } from './birthday';
import { DatabaseUnavailableError } from './database-error';
import { addHealth } from './health';
import type { People } from './people';
import { dateOfBirth, usernameKey } from './validation';

/** What the HTTP interface is made from. */
export interface AppOptions {
  readonly people: People;
  readonly log: FastifyBaseLogger;
  readonly now: () => Date;
  /** Whether the process is on its way out. */
  readonly draining: () => boolean;
  /** Milliseconds for which a connection without requests stays open. */
  readonly keepAliveTimeout: number;
}

/**
 * Seconds after which a caller may come back. A failover takes 20 to 36 s. A request that is refused has waited for 15 s, and the next one waits as long,
 * so one that comes 10 s later is answered.
 */
const RETRY_AFTER = '10';

interface HelloRoute {
  readonly Params: { readonly username: string };
}

/** The HTTP interface, not yet listening. */
export function buildApp(options: AppOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: options.log,
    genReqId: requestId,
    requestTimeout: 30_000,
    // Longer than the idle timeout of the load balancer, or it would reuse a connection that was just closed.
    keepAliveTimeout: options.keepAliveTimeout,
    bodyLimit: 16_384,
    routerOptions: { maxParamLength: 1_024 },
    forceCloseConnections: 'idle',
    // A request that a kept connection brings while the service closes is answered like any other.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // A balancer that moves connections cannot ask a client to open another one: the answer does, before the process ends.
    if (options.draining()) {
      reply.header('connection', 'close');
    }
  });
  app.setErrorHandler<FastifyError>(sendError);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
  addHealth(app, options);
  addHello(app, options);
  return app;
}

function addHello(app: FastifyInstance, { people, now }: AppOptions): void {
  app.put<HelloRoute>('/hello/:username', async (request, reply) => {
    const username = usernameKey(request.params.username);
    await people.remember(username, dateOfBirth(request.body, utcDate(now())));
    return reply.code(204).send();
  });

  app.get<HelloRoute>('/hello/:username', async (request, reply) => {
    const { username } = request.params;
    const born = parseDate(await people.find(usernameKey(username)) ?? '');
    if (born === undefined) {
      return reply.code(404).send({ error: `Nobody called ${username} is known.` });
    }
    const days = daysUntilBirthday(born, utcDate(now()));
    return { message: days === 0 ? `Hello, ${username}! Happy birthday!` : `Hello, ${username}! Your birthday is in ${days} day(s)` };
  });
}

/** The caller's mistakes are 400 with a reason; ours are logged and told without detail. */
function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return reply.code(400).send({ error: error.message });
  }
  request.log.error({ err: error }, 'A request failed');
  if (error instanceof DatabaseUnavailableError) {
    return reply.code(503).header('retry-after', RETRY_AFTER).send({ error: error.message });
  }
  return reply.code(500).send({ error: 'Something went wrong here.' });
}

/** The balancer's trace id, so that its access log and ours can be joined; else the caller's id; else a new one. */
function requestId(request: IncomingMessage): string {
  const given = [request.headers['x-amzn-trace-id'], request.headers['x-request-id']].flat();
  return given.find((id) => id !== undefined && /^[A-Za-z0-9=;:._-]{1,200}$/.test(id)) ?? randomUUID();
}
