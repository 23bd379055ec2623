-- +goose Up
CREATE TABLE jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner text NOT NULL,
  idempotency_key text NOT NULL,
  text text NOT NULL,
  state text NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'queued', 'done', 'failed')),
  result jsonb,
  error text,
  repeats integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  queued_at timestamptz,
  ended_at timestamptz,
  UNIQUE (owner, idempotency_key),
  CHECK ((state = 'done') = (result IS NOT NULL)),
  CHECK ((state = 'failed') = (error IS NOT NULL)),
  CHECK (state <> 'queued' OR queued_at IS NOT NULL)
);

CREATE INDEX jobs_not_ended ON jobs (created_at) WHERE state IN ('accepted', 'queued');

COMMENT ON COLUMN jobs.idempotency_key IS 'Chosen by the caller; the same key of the same owner is the same job.';
COMMENT ON COLUMN jobs.repeats IS 'How often the caller sent the job again.';

CREATE TABLE deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  outcome text NOT NULL CHECK (outcome IN ('done', 'failed', 'duplicate')),
  delivered_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX deliveries_job_id ON deliveries (job_id);

COMMENT ON TABLE deliveries IS 'What became of each time that the queue gave a job to a worker.';

-- +goose Down
DROP TABLE deliveries;
DROP TABLE jobs;
