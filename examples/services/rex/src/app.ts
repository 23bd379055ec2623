import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import fastify, { LogController, type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { connectEnqueuer } from './enqueuer';
import { addHealth } from './health';
import type { Jobs, JobState } from './jobs';
import type { JobQueue } from './queue';
import type { Sessions } from './sessions';
import { UnavailableError } from './unavailable';
import { idempotencyKey, InvalidRequestError, isJobId, textOf } from './validation';

/** What the HTTP interface is made from. */
export interface AppOptions {
  readonly jobs: Jobs;
  readonly queue: JobQueue;
  readonly sessions: Sessions;
  readonly log: FastifyBaseLogger;
  /** Whether the process is on its way out. */
  readonly draining: () => boolean;
  /** Milliseconds for which a connection without requests stays open. */
  readonly keepAliveTimeout: number;
  /** Origins of web pages that may call. */
  readonly corsOrigins: readonly string[];
}

interface JobRoute {
  readonly Params: { readonly id: string };
}

/** The HTTP interface, not yet listening. */
export function buildApp(options: AppOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: options.log,
    genReqId: requestId,
    // One line for each request, below, instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: 30_000,
    // Longer than the idle timeout of the load balancer, or it would reuse a connection that was just closed.
    keepAliveTimeout: options.keepAliveTimeout,
    bodyLimit: 65_536,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', request.id);
    // Or a connection whose last answer was under way at SIGTERM would be kept open, and the process with it.
    if (options.draining()) {
      reply.header('connection', 'close');
    }
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({ req: request, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) }, 'A request was answered');
    done();
  });
  app.setErrorHandler<FastifyError>(sendError);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
  allowOrigins(app, options.corsOrigins);
  addHealth(app, options);
  addJobs(app, options);
  return app;
}

/** No credentials: the session comes in a header that the page sets itself, never in a cookie. */
function allowOrigins(app: FastifyInstance, corsOrigins: readonly string[]): void {
  if (corsOrigins.length > 0) {
    void app.register(cors, { origin: [...corsOrigins], methods: ['GET', 'POST'], allowedHeaders: ['authorization', 'content-type', 'idempotency-key'], exposedHeaders: ['location', 'x-request-id'], maxAge: 600 });
  }
}

function addJobs(app: FastifyInstance, { jobs, queue, sessions }: AppOptions): void {
  const enqueuer = connectEnqueuer(jobs, queue, app.log);
  app.addHook('onClose', async () => enqueuer.close());

  app.post('/api/jobs', async (request, reply) => {
    const { userId } = await session(sessions, request);
    const text = textOf(request.body);
    const job = await jobs.accept({ owner: userId, idempotencyKey: idempotencyKey(request.headers['idempotency-key']), text });
    if (job.text !== text) {
      throw new InvalidRequestError('This Idempotency-Key was used for another text.', 422);
    }
    if (job.state === 'accepted') {
      enqueuer.enqueue(job.id);
    }
    return reply.code(202).header('location', `/api/jobs/${job.id}`).send(answer(job));
  });

  app.get<JobRoute>('/api/jobs/:id', async (request, reply) => {
    const { userId } = await session(sessions, request);
    const { id } = request.params;
    const job = isJobId(id) ? await jobs.find(userId, id) : undefined;
    return job === undefined ? reply.code(404).send({ error: 'You have no such job.' }) : answer(job);
  });
}

/**
 * The session of a request. The token comes in a header that no other site can make a browser send, so there is no need for
 * a check against forged requests.
 */
async function session(sessions: Sessions, request: FastifyRequest): Promise<{ readonly userId: string }> {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,8000})$/i.exec(request.headers.authorization ?? '')?.[1];
  const found = token === undefined ? undefined : await sessions.verify(token);
  if (found === undefined) {
    throw new InvalidRequestError('A valid session is needed: Authorization: Bearer <access token>.', 401);
  }
  return found;
}

/** To the caller, a job is queued as soon as it is accepted: it will be done. */
function answer({ id, state, result, error }: JobState): object {
  return {
    id,
    state: state === 'accepted' ? 'queued' : state,
    ...(result === null ? {} : { result }),
    ...(error === null ? {} : { error }),
  };
}

/** The caller's mistakes are told with a reason; ours are logged and told without detail. */
function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return reply.code(status).send({ error: error.message });
  }
  request.log.error({ err: error }, 'A request failed');
  if (error instanceof UnavailableError) {
    return reply.code(503).header('retry-after', '1').send({ error: error.message });
  }
  return reply.code(500).send({ error: 'Something went wrong here.' });
}

/** The balancer's trace id, so that its access log and ours can be joined; else the caller's id; else a new one. */
function requestId(request: IncomingMessage): string {
  const given = [request.headers['x-amzn-trace-id'], request.headers['x-request-id']].flat();
  return given.find((id) => id !== undefined && /^[A-Za-z0-9=;:._-]{1,200}$/.test(id)) ?? randomUUID();
}
