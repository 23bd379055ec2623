import type { FastifyInstance } from 'fastify';
import type { AppOptions } from './app';

/**
 * Three questions that must not be confused.
 *
 * - `/livez`: does the process answer at all? Always 200; no answer means restart it.
 * - `/healthz`, for the load balancer: may this task get requests? 503 only while it shuts down. It does not look at the
 *   database, or a restart of the database would make ECS replace every task at once.
 * - `/readyz`, for people and deployments: can requests be served now? 503 with a reason without the database too.
 */
export function addHealth(app: FastifyInstance, { people, draining }: AppOptions): void {
  // A balancer asks every few seconds: its requests are logged only when they fail.
  const quiet = { logLevel: 'error' as const };
  app.get('/livez', quiet, async () => ({ status: 'alive' }));
  app.get('/healthz', quiet, async (_request, reply) => (
    draining() ? reply.code(503).send({ status: 'draining' }) : { status: 'ok' }
  ));
  app.get('/readyz', quiet, async (_request, reply) => {
    if (draining()) {
      return reply.code(503).send({ status: 'draining' });
    }
    try {
      await people.check();
      return { status: 'ready' };
    } catch {
      return reply.code(503).send({ status: 'database unavailable' });
    }
  });
}
