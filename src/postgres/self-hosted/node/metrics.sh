#!/usr/bin/env bash
# Publishes once a minute how this node is, and on the primary how the cluster is. A number that cannot be read is not published, because a missing one is
# noticed and a comfortable one is not.
. "$(dirname "$0")/backups.sh"

export PGOPTIONS='-c statement_timeout=5s' PGCONNECT_TIMEOUT=5
samples=()

# sample NAME UNIT COMMAND [node]: what the command prints; also of this node alone.
sample() {
  local name=$1 unit=$2 value
  if ! value=$("$3") || ! [[ "$value" =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
    log "$name is unknown."
    return 0
  fi
  samples+=("$name $unit $value")
  [ "${4:-}" != node ] || samples+=("$name $unit $value $NODE")
}

# since NAME NUMBER: how much a counter grew since the last minute; all of it where it began again.
since() {
  local file=$SECRETS/$1.count last
  last=$(cat "$file" 2> /dev/null || true)
  echo "$2" > "$file"
  [ -n "$last" ] || return 1
  echo $(($2 < last ? $2 : $2 - last))
}

ask() {
  sql postgres "$1"
}

cpu() {
  local busy all
  read -r busy all < <(awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; printf "%.0f %.0f\n", all - $5 - $6, all }' /proc/stat)
  busy=$(since cpu-busy "$busy") || busy=
  all=$(since cpu-all "$all") || all=0
  [ "$all" -gt 0 ] || return 1
  echo $((100 * busy / all))
}

memory() {
  awk '/^MemAvailable:/ { printf "%.0f\n", $2 * 1024 }' /proc/meminfo
}

# storage: of the volume. Where it is not mounted, the disk of the instance would look like it.
storage() {
  mountpoint -q /data && df --output=avail -B1 /data | tail -n 1 | tr -d ' '
}

connections() {
  ask "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
}

# conflicts: WAL that the repository has with other bytes (error 45), so that two primaries wrote it. One that is tried again has a new file each minute.
conflicts() {
  local out=$SPOOL/archive/$CLUSTER/out
  [ -d "$SPOOL" ] || return 1
  [ -d "$out" ] || { echo 0; return; }
  find "$out" -name '*.error' -mmin -10 -exec head -qn 1 {} + | awk '$1 == 45 { found++ } END { print found + 0 }'
}

# peers: how many of the others Patroni could not ask.
peers() {
  python3 "$HERE/unreachable-peers.py" "${PEERS[@]}"
}

certificate() {
  local end
  end=$(openssl x509 -in "$TLS/node.crt" -noout -enddate) || return 1
  end=$(($(date -d "${end#notAfter=}" +%s) - $(date +%s)))
  echo $((end < 0 ? 0 : end))
}

# backup_age: of the newest good backup, where the last check of them is not itself old.
backup_age() {
  jq -e --argjson now "$(date +%s)" 'if .checked > $now - 7500 then $now - .newest else empty end' "$SECRETS/backup.json"
}

# drill_age: since a drill last succeeded, where the last look at that is not itself old.
drill_age() {
  jq -e --argjson now "$(date +%s)" 'if .checked > $now - 7500 then [$now - .succeeded, 0] | max else empty end' "$SECRETS/drill.json"
}

archive_failures() {
  local failed
  failed=$(ask 'SELECT failed_count FROM pg_stat_archiver') && since archive-failures "$failed"
}

archive_backlog() {
  ask "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
}

# standbys EXPRESSION: over the other nodes that stream. A base backup streams too.
standbys() {
  local IFS=,
  ask "SELECT $1 FROM pg_stat_replication WHERE state = 'streaming' AND client_addr = ANY ('{${PEERS[*]}}'::inet[])
    AND application_name NOT IN ('pg_basebackup', 'pg_receivewal', 'pg_recvlogical')"
}

streaming() {
  standbys 'count(DISTINCT client_addr)'
}

# lag: until WAL is safe on the slowest standby, in milliseconds. One that has all has none; where none streams it is unknown.
lag() {
  standbys 'round(1000 * max(coalesce(extract(epoch FROM flush_lag), 0)))'
}

# least COMMAND: of three looks, since one alone may be at a bad moment.
least() {
  local look found=
  for _ in 1 2 3; do
    look=$("$1") && [ -n "$look" ] || return 1
    [ -n "$found" ] && [ "$found" -le "$look" ] || found=$look
    sleep 0.5
  done
  echo "$found"
}

seconds() {
  printf '%d.%03d\n' $(($1 / 1000)) $(($1 % 1000))
}

replication_lag() {
  local found
  found=$(least lag) && seconds "$found"
}

# beat: writes the heartbeat, and prints the timeline, whether it changed, and the milliseconds of the write. It hangs where no standby confirms; a warning
# says that a write may be only here.
beat() {
  local warnings=$SECRETS/heartbeat.warnings started=${EPOCHREALTIME/[.,]/} written
  if written=$(as_postgres timeout 15 psql -XAtq -v ON_ERROR_STOP=1 -d postgres -f - < "$HERE/heartbeat.sql" 2> "$warnings") && [ ! -s "$warnings" ]; then
    echo "$written|$(((${EPOCHREALTIME/[.,]/} - started) / 1000))"
    return
  fi
  cat "$warnings" >&2
  return 1
}

sample_node() {
  sample CPUUtilization Percent cpu
  sample FreeableMemory Bytes memory
  sample FreeStorageSpace Bytes storage
  sample DatabaseConnections Count connections
  sample WalConflicts Count conflicts
  sample CertificateLifetime Seconds certificate node
  [ "${#PEERS[@]}" -eq 0 ] || sample UnreachablePeers Count peers node
}

# sample_writes: a write that was slow is tried again, since one alone may have waited for a busy disk.
sample_writes() {
  local timeline changed time again
  if ! IFS='|' read -r timeline changed time < <(beat); then
    samples+=("WritesSucceeded Count 0")
    return
  fi
  if [ "$time" -ge 1000 ] && IFS='|' read -r _ _ again < <(beat) && [ "$again" -lt "$time" ]; then
    time=$again
  fi
  samples+=("WritesSucceeded Count 1" "WriteLatency Seconds $(seconds "$time")" "Timeline None $timeline" "TimelineChanged Count $changed")
}

sample_cluster() {
  sample_writes
  sample BackupAge Seconds backup_age
  [ -z "${RESTORE_DRILLS:-}" ] || sample RestoreDrillAge Seconds drill_age
  sample ArchiveFailures Count archive_failures
  sample ArchiveBacklog Count archive_backlog
  [ "${#PEERS[@]}" -eq 0 ] || sample StreamingReplicas Count streaming
  [ "${#PEERS[@]}" -eq 0 ] || sample ReplicationLag Seconds replication_lag
}

# data: of the samples, as CloudWatch takes them.
data() {
  printf '%s\n' "${samples[@]}" | jq -Rn --arg cluster "$CLUSTER" '[
    inputs | split(" ") as [$name, $unit, $value, $node]
    | { MetricName: $name, Unit: $unit, Value: ($value | tonumber), Dimensions: ([{ Name: "Cluster", Value: $cluster }] + [$node // empty | { Name: "Node", Value: . }]) }
  ]'
}

sample_node
if is_primary; then
  sample_cluster
fi
data > "$SECRETS/metrics.json"
put_metrics "$SECRETS/metrics.json"
