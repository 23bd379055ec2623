#!/usr/bin/env bash
# Keeps PostgreSQL alive where it writes faster than its log is archived: slows its clients, and at last takes no more writes. A full disk would stop it.
# governor.sh watch | decide BACKLOG_MIB FREE_PERCENT
. "$(dirname "$0")/lib.sh"

SLICE=/sys/fs/cgroup/node-clients
state=run

# decide BACKLOG_MIB FREE_PERCENT: run, slow or stop. A backlog counts for itself, because the disk may be large and the recovery point is gone with this host.
decide() {
  if [ "$2" -lt 5 ]; then
    echo stop
  elif [ "$2" -lt 15 ] || [ "$1" -gt 8192 ]; then
    echo slow
  else
    echo run
  fi
}

backlog() {
  local ready
  ready=$(find "$PGDATA/pg_wal/archive_status" -name '*.ready' 2> /dev/null | wc -l)
  echo $((ready * 16))
}

free() {
  df --output=avail,size -k /data | awk 'NR == 2 { printf "%d\n", $1 * 100 / $2 }'
}

# device: of the volume, as cgroups name it.
device() {
  lsblk -ndo MAJ:MIN "$(findmnt -no SOURCE /data)" | tr -d ' '
}

# slow_clients: client sessions share a fifth of what the volume can write. Those of the server itself go on, the archiver and the checkpointer among them.
slow_clients() {
  local volume pid
  volume=$(device)
  mkdir -p "$SLICE"
  echo "$volume wbps=$((25 * 1024 * 1024))" > "$SLICE/io.max" || return 1
  sql postgres "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'postgres'" | while read -r pid; do
    echo "$pid" > "$SLICE/cgroup.procs" || true
  done
}

free_clients() {
  test -d "$SLICE" || return 0
  echo "$(device) wbps=max" > "$SLICE/io.max" || true
}

# read_only VALUE: for new transactions, on every node, until there is room again. A session of an operator may still choose otherwise.
read_only() {
  rest "$ADDRESS" /config -f -o /dev/null -X PATCH -H 'content-type: application/json' -d "{\"postgresql\": {\"parameters\": {\"default_transaction_read_only\": $1}}}"
}

is_read_only() {
  rest "$ADDRESS" /config -f | jq -e '.postgresql.parameters.default_transaction_read_only == "on"' > /dev/null
}

# act STATE: recovery is never slowed, so a standby does nothing.
act() {
  if [ "$1" != "$state" ]; then
    log "The backlog of the archive is $(backlog) MiB, and $(free) % of the volume are free: $state is followed by $1."
    state=$1
  fi
  case $1 in
    stop) is_read_only || read_only '"on"' ;;
    slow) slow_clients || log 'The clients cannot be slowed here.' ;;
    run)
      free_clients
      # Reads only, until clients need not even be slowed.
      ! is_read_only || read_only null
      ;;
  esac
}

watch() {
  while sleep 10; do
    ! is_primary || act "$(decide "$(backlog)" "$(free)")" || log 'The governor cannot act, and tries again.'
  done
}

"$@"
