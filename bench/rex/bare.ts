import fastify from 'fastify';
import { Pool } from 'pg';

/** The least that answers `GET /api/jobs/:id` from the table: no session, no log, no validation. */
async function main(): Promise<void> {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.DATABASE_POOL_SIZE) });
  const app = fastify();
  app.get<{ Params: { id: string } }>('/api/jobs/:id', async (request, reply) => {
    const { rows } = await pool.query('SELECT id, state, result FROM jobs WHERE id = $1', [request.params.id]);
    return rows.length === 0 ? reply.code(404).send({ error: 'There is no such job.' }) : rows[0];
  });
  process.on('SIGTERM', () => process.exit(0));
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
}

void main();
