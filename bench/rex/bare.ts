import fastify from 'fastify';
import { Pool } from 'pg';

const FIND = 'SELECT id, state, result FROM jobs WHERE id = $1 AND owner = $2';
const ACCEPT = `INSERT INTO jobs (owner, idempotency_key, text) VALUES ($1, $2, $3)
  ON CONFLICT (owner, idempotency_key) DO UPDATE SET repeats = jobs.repeats + 1
  RETURNING id`;
const MARK_QUEUED = "UPDATE jobs SET state = 'queued', queued_at = now() WHERE id = $1";

/**
 * The least that answers what the API answers, from the same table: no session, no log, no validation, no queue. With
 * PREPARED=true its statements are prepared, as those of the API are.
 */
async function main(): Promise<void> {
  const { DATABASE_URL, DATABASE_POOL_SIZE, OWNER, PORT, PREPARED } = process.env;
  const pool = new Pool({ connectionString: DATABASE_URL, max: Number(DATABASE_POOL_SIZE) });
  const query = async (name: string, text: string, values: unknown[]) => (await pool.query(PREPARED === 'true' ? { name, text, values } : { text, values })).rows;
  const app = fastify();
  app.get<{ Params: { id: string } }>('/api/jobs/:id', async (request) => {
    const [{ id, state, result }] = await query('find', FIND, [request.params.id, OWNER]);
    return { id, state, result };
  });
  app.post<{ Body: { text: string } }>('/api/jobs', async (request, reply) => {
    const [{ id }] = await query('accept', ACCEPT, [OWNER, request.headers['idempotency-key'], request.body.text]);
    await query('mark', MARK_QUEUED, [id]);
    return reply.code(202).header('location', `/api/jobs/${id}`).send({ id, state: 'queued' });
  });
  process.on('SIGTERM', () => process.exit(0));
  await app.listen({ host: '127.0.0.1', port: Number(PORT) });
}

void main();
