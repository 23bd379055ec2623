-- A real write on the primary. Prints the timeline, and whether it changed within the last ten minutes.
SET client_min_messages = warning;
SET statement_timeout = '10s';
CREATE SCHEMA IF NOT EXISTS node;
CREATE TABLE IF NOT EXISTS node.heartbeat (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  at timestamptz NOT NULL,
  timeline int NOT NULL,
  changed_at timestamptz NOT NULL
);
INSERT INTO node.heartbeat AS before (at, timeline, changed_at)
VALUES (clock_timestamp(), ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int, '-infinity')
ON CONFLICT (one) DO UPDATE SET
  at = excluded.at,
  timeline = excluded.timeline,
  changed_at = CASE WHEN before.timeline = excluded.timeline THEN before.changed_at ELSE excluded.at END
RETURNING timeline, (changed_at > at - interval '10 minutes')::int;
