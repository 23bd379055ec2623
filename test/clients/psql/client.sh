#!/bin/sh
# Connects by psql with nothing but the environment of a task, and prints as whom and where.
set -eu
psql "$DATABASE_URL" --no-psqlrc --tuples-only --no-align --command \
  "SELECT json_build_object('database', current_database(), 'user', session_user, 'ssl', ssl) FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
