#!/usr/bin/env bash
# Makes a new cluster of what the cluster of another region left in the replica of its backups.
# recover.sh prepare: before Patroni, as root. recover.sh restore: by Patroni as postgres, on one node of a cluster that has no data yet. recover.sh get FILE PATH:
# by PostgreSQL.
. "$(dirname "$0")/scratch.sh"

# The pass of the other cluster is in memory only, and only until there is data.
SOURCE=/run/node-recover
CONFIG=$SOURCE/pgbackrest.conf
SCRATCH=/data/recover
DATA=$PGDATA
MARKER=fence/${RESTORE_CLUSTER:-}
RESULT=$SCRATCH/result.json

# settings: of the replica, for reading.
settings() {
  local pass
  pass=$(aws secretsmanager get-secret-value --secret-id "$RESTORE_SECRET" --query SecretString --output text | jq -er '.cipherPass | select(type == "string")') || return 1
  cat << END
[global]
$(grep -E '^repo1-(type|s3-region|s3-endpoint|s3-key-type|cipher-type)=' /etc/pgbackrest.conf)
repo1-s3-bucket=$RESTORE_BUCKET
repo1-path=/$RESTORE_CLUSTER
repo1-cipher-pass=$pass
lock-path=$SCRATCH/lock
process-max=$(nproc)
log-level-console=warn
log-level-stderr=off
log-level-file=off

[$RESTORE_CLUSTER]
pg1-path=$PGDATA
END
}

prepare() {
  if [ -e "$PGDATA/PG_VERSION" ]; then
    rm -rf "$SOURCE"
    return
  fi
  install -d -m 750 -o root -g postgres "$SOURCE"
  install -d -m 700 -o postgres -g postgres "$SCRATCH"
  install -m 640 -o root -g postgres /dev/null "$CONFIG.new"
  settings > "$CONFIG.new"
  mv "$CONFIG.new" "$CONFIG"
}

# Patroni runs the rest as postgres already.
as_postgres() {
  "$@"
}

replica() {
  pgbackrest --config="$CONFIG" --stanza="$RESTORE_CLUSTER" "$@"
}

# labels: of the backups, the newest first, those with pages of wrong checksums last. The list may be older or newer than what else the replica has.
labels() {
  replica --output=json --log-level-console=off info | printable \
    | jq -r '.[0].backup // [] | sort_by((.error == false), .timestamp.stop) | reverse | .[].label'
}

# put_marker: from here on no node of the other region may start PostgreSQL.
put_marker() {
  jq -n --arg cluster "$CLUSTER" --arg region "$REGION" --arg at "$(date -u +%FT%TZ)" '{ recoveredBy: $cluster, region: $region, at: $at }' > "$SCRATCH/marker.json" || return 1
  aws s3api put-object --region "$REGION" --bucket "$RESTORE_BUCKET" --key "$MARKER" --body "$SCRATCH/marker.json" > /dev/null
}

# stop_groups: the other region's instances go, where it can be reached. The marker holds without it.
stop_groups() {
  local names name
  local -a there=(--region "$FENCED_REGION" --cli-connect-timeout 5 --cli-read-timeout 10)
  names=$(AWS_MAX_ATTEMPTS=2 aws autoscaling describe-auto-scaling-groups "${there[@]}" --filters "Name=tag:cdk-private-backend-cluster,Values=$RESTORE_CLUSTER" \
    --query 'AutoScalingGroups[].AutoScalingGroupName' --output text) || return 1
  [ -n "$names" ] && [ "$names" != None ] || return 1
  for name in $names; do
    AWS_MAX_ATTEMPTS=2 aws autoscaling update-auto-scaling-group "${there[@]}" --auto-scaling-group-name "$name" --min-size 0 --desired-capacity 0 || return 1
  done
  log "The groups of '$RESTORE_CLUSTER' in $FENCED_REGION have size zero now: ${names//$'\t'/, }."
}

# fence: not before there is something to go on with.
fence() {
  [ -z "${fenced:-}" ] || return 0
  retry 30 10 put_marker || return 1
  fenced=$(date +%s)
  log "The bucket $RESTORE_BUCKET has the marker $MARKER: no node of '$RESTORE_CLUSTER' starts PostgreSQL any more."
  stop_groups || log "The groups of '$RESTORE_CLUSTER' in $FENCED_REGION cannot be stopped from here: the marker alone keeps them from writing. Stop them when you reach the region."
}

fetch() {
  # Of one that could not be restored, too.
  rm -rf "$PGDATA" "$SCRATCH/tablespaces"
  install -d -m 700 "$PGDATA"
  replica --type=default --set="$1" --tablespace-map-all="$SCRATCH/tablespaces" --recovery-option=restore_command="$HERE/recover.sh get %f \"%p\"" restore
}

# get FILE PATH: one file of the archive. PostgreSQL takes every failure for the end of the archive, so one that is not "there is no such file" is tried again.
get() {
  local code
  for _ in 1 2 3 4 5 6; do
    code=0
    replica archive-get "$@" || code=$?
    [ "$code" -gt 1 ] || return "$code"
    sleep 10
  done
  return 1
}

# replay: all WAL that the replica has, up to the first file that is missing.
replay() {
  : > "$SCRATCH/log"
  start_server
}

# newest: of the backups, the first one that is complete and whole in the replica. S3 replicates objects in no order, so the last ones may be missing.
newest() {
  local label
  for label in $(labels); do
    log "Backup $label is restored."
    if fetch "$label" && fence && replay; then
      backup=$label
      return
    fi
    tail -3 "$SCRATCH/log" >&2 2> /dev/null || true
    log "Backup $label cannot be restored: in the bucket $RESTORE_BUCKET it is not complete, or it is damaged. The next older one is tried."
    server -m immediate stop 2> /dev/null || true
  done
  log "The bucket $RESTORE_BUCKET has no backup of '$RESTORE_CLUSTER' that can be restored."
  return 1
}

# unread: number of files of the archive behind the place where the recovery ended. There are some where one in between is missing. An archive without any
# file is not one that was read.
unread() {
  local parent lsn
  read -r parent lsn _ < <(tail -n 1 "$(printf '%s\n' "$PGDATA"/pg_wal/*.history | sort | tail -n 1)")
  aws s3api list-objects-v2 --region "$REGION" --bucket "$RESTORE_BUCKET" --prefix "$RESTORE_CLUSTER/archive/$RESTORE_CLUSTER/" --query 'Contents[].Key' --output text \
    | tr '\t' '\n' | sed -n 's|^.*/\([0-9A-F]\{24\}\)-[^/]*$|\1|p' \
    | awk -v timeline="$(printf '%08X' "$parent")" -v reached="$(printf '%08X%08X' "0x${lsn%/*}" $((0x${lsn#*/} >> 24)))" \
      'substr($0, 1, 8) >= timeline && substr($0, 9) > reached { found++ } END { if (NR == 0) exit 1; print found + 0 }'
}

# judge: how far the recovery came, by the last heartbeat of the other cluster. That it ended says nothing: it also ends where a file is missing.
judge() {
  local reached age gap
  IFS='|' read -r reached age < <(sql postgres "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), greatest(ceil($fenced - extract(epoch FROM at)), 0) FROM node.heartbeat" -h "$SCRATCH") || true
  gap=$(unread) || gap=
  jq -n --arg backup "$backup" --arg reached "${reached:-}" --arg age "${age:-}" --arg gap "$gap" --argjson seconds "$SECONDS" '
    def number: if test("^[0-9]+$") then tonumber else null end;
    { backup: $backup, reached: (if $reached == "" then null else $reached end), recoveryPointAge: ($age | number), unreadFiles: ($gap | number), recoverySeconds: $seconds }' > "$RESULT"
  log "Recovered from backup $backup up to ${reached:-an unknown time}, RPO=${age:-unknown} s before the marker, in $SECONDS s."
  [ "$gap" = 0 ] || log "The recovery ended early: ${gap:-an unknown number of} files of WAL behind its end could not be used, since one before them is missing in the bucket $RESTORE_BUCKET, or cannot be read. This is the newest that there is."
}

# hand_over: what Patroni starts has no settings of the other cluster.
hand_over() {
  server -m fast -w stop
  : > "$PGDATA/postgresql.auto.conf"
  rm -rf "$PGDATA/patroni.dynamic.json" "$SCRATCH/lock" "$SCRATCH/scratch.conf" "$SCRATCH/hba.conf"
}

restore() {
  newest
  judge
  publish "$RESULT" '["RecoveryPointAge", "Seconds", .recoveryPointAge], ["RecoveryTime", "Seconds", .recoverySeconds], ["RecoveryUnreadFiles", "Count", .unreadFiles]' \
    || log "The figures of the recovery could not be published. They are in $RESULT."
  hand_over
}

case ${1:-} in
  prepare | restore | get) "$@" ;;
  *)
    log 'Usage: recover.sh prepare | restore'
    exit 2
    ;;
esac
