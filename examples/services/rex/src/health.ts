import type { FastifyInstance } from 'fastify';
import type { AppOptions } from './app';

/**
 * Three questions that must not be confused.
 *
 * - `/api/health/live`: does the process answer at all? Always 200; no answer means restart it.
 * - `/api/health`, for the load balancer: may this task get requests? 503 only while it shuts down. It does not look at the
 *   database, or a restart of the database would make ECS replace every task at once.
 * - `/api/health/ready`, for people and deployments: can requests be served now? 503 with a reason without the database too. Not
 *   without the queue: jobs are accepted meanwhile.
 */
export function addHealth(app: FastifyInstance, { jobs, draining }: AppOptions): void {
  // A balancer asks every few seconds: its requests are logged only when they fail.
  const quiet = { logLevel: 'error' as const };
  app.get('/api/health/live', quiet, async () => ({ status: 'alive' }));
  app.get('/api/health', quiet, async (_request, reply) => (
    draining() ? reply.code(503).send({ status: 'draining' }) : { status: 'ok' }
  ));
  app.get('/api/health/ready', quiet, async (_request, reply) => {
    if (draining()) {
      return reply.code(503).send({ status: 'draining' });
    }
    try {
      await jobs.check();
      return { status: 'ready' };
    } catch {
      return reply.code(503).send({ status: 'database unavailable' });
    }
  });
}
