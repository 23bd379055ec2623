#!/usr/bin/env bash
# Restores the cluster as it was at a moment into a new directory, and starts a scratch server there that only a socket in the directory reaches.
#
#   restore.sh TIME DIRECTORY [SECONDS]
#
# TIME is one with its zone, such as 2026-12-01T10:00:00Z, or `latest`. The restore is good where the heartbeat of the cluster was written at most SECONDS
# (180) before TIME, or before now: that a restore ended says nothing, since it also ends where the archive could not be read.
. "$(dirname "$0")/scratch.sh"

if [ $# -lt 2 ]; then
  log 'Usage: restore.sh TIME DIRECTORY [SECONDS]'
  exit 2
fi
moment=$1 SCRATCH=$2 limit=${3:-180}
DATA=$SCRATCH/data

# require_new: nothing that somebody may need is written over.
require_new() {
  if [ -e "$SCRATCH" ] && [ -n "$(ls -A "$SCRATCH")" ]; then
    log "Directory $SCRATCH is not empty. Name one that is empty, or that does not exist."
    exit 2
  fi
}

# target: the moment as seconds. A time without its zone would be one of the host.
target() {
  if [ "$moment" = latest ]; then
    date +%s
  elif ! [[ "$moment" =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}[T\ ][0-9:.]+(Z|[+-][0-9:]+)$ ]] || ! date -d "$moment" +%s 2> /dev/null; then
    log "The time '$moment' cannot be read. Use one such as 2026-12-01T10:00:00Z, or 'latest'."
    return 2
  fi
}

# archive_get: of its own, because the node's prefetches into the spool for the node's server.
archive_get() {
  echo "pgbackrest --stanza=$CLUSTER --no-archive-async --pg1-path=$DATA archive-get %f \"%p\""
}

fetch() {
  local how=(--type=default)
  if [ "$moment" != latest ]; then
    how=(--type=time --target-action=promote --target="$(date -u -d "$moment" '+%Y-%m-%d %H:%M:%S.%6N+00')")
  fi
  install -d -m 700 -o postgres -g postgres "$SCRATCH" "$DATA"
  pgbackrest_ "${how[@]}" --pg1-path="$DATA" --tablespace-map-all="$SCRATCH/tablespaces" --recovery-option=restore_command="$(archive_get)" restore
}

# reached: seconds from the last heartbeat to the moment that was asked for.
reached() {
  scratch_sql "SELECT ceil($1 - extract(epoch FROM at)) FROM node.heartbeat"
}

require_new
asked=$(target)
fetch
RESTORE_TIMEOUT=${RESTORE_TIMEOUT:-14400}
if ! start_server; then
  tail -20 "$SCRATCH/log" >&2 || true
  log "The scratch server did not come up. Its log is $SCRATCH/log."
  exit 1
fi
rpo=$(reached "$asked") || rpo=
if ! [[ "$rpo" =~ ^-?[0-9]+$ ]]; then
  log "The scratch server in $SCRATCH has no heartbeat of the cluster: it is not known how far the restore came."
  exit 1
fi
echo "RPO=$rpo"
if [ "$rpo" -gt "$limit" ]; then
  log "The last heartbeat that was restored is $rpo s older than the time asked for, and $limit s are the limit: the archive could not be read up to there."
  exit 1
fi
log "The scratch server in $SCRATCH has all up to $rpo s before the time asked for, or less."
log "Look into it with 'runuser -u postgres -- psql -h $SCRATCH', and stop it with 'runuser -u postgres -- $PGBIN/pg_ctl -D $DATA stop'."
