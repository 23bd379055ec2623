-- +goose Up
ALTER TABLE jobs
  ADD COLUMN tries integer NOT NULL DEFAULT 0,
  ADD COLUMN dead boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN jobs.tries IS 'How often a worker began to work on it.';
COMMENT ON COLUMN jobs.dead IS 'Whether it failed because it was tried as often as it may be.';

-- +goose Down
ALTER TABLE jobs DROP COLUMN tries, DROP COLUMN dead;
