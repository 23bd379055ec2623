#!/usr/bin/env bash
# A restore drill: this instance restores the newest backup of a cluster and all WAL behind it, checks every table and index, publishes how it went, and ends
# itself. It is no node: it reads the backups, and writes nothing but `drill/CLUSTER/` beside them.
. "$(dirname "$0")/scratch.sh"

WORK=$SECRETS/drill
SCRATCH=/data/scratch
RESULT=$WORK/result.json
LOG=$WORK/log
began=$(date -d "$(systemctl show --value --property=UserspaceTimestamp)" +%s)

# restore: up to now, since a cluster that lives writes its heartbeat each minute.
restore() {
  local answer
  answer=$("$HERE/restore.sh" latest "$SCRATCH" 600 | tee -a /dev/stderr) || { rpo=$(figure "$answer"); return 1; }
  rpo=$(figure "$answer")
  rto=$(($(date +%s) - began))
}

# figure TEXT: the recovery point, also of a restore that did not come far enough.
figure() {
  sed -n 's/^RPO=\([0-9]*\)$/\1/p' <<< "$1"
}

# verify: reads every table, every index and what connects them. It finds pages of wrong checksums, too.
verify() {
  as_postgres "$PGBIN/pg_amcheck" --host="$SCRATCH" --all --install-missing --jobs="$(nproc)" || return 1
  log 'Every table and index was checked.'
}

drill() {
  "$HERE/install.sh" || return 1
  "$HERE/secrets.sh" || return 1
  restore && verify
}

# conclude SUCCEEDED: what is known at the end, with the last lines of a drill that failed.
conclude() {
  local problem=
  [ "$1" = true ] || problem=$(tail -n 20 "$LOG")
  jq -n --argjson succeeded "$1" --arg at "$(date -u +%FT%TZ)" --arg rpo "${rpo:-}" --arg rto "${rto:-}" --arg problem "$problem" '
    def number: if . == "" then null else tonumber end;
    { succeeded: $succeeded, at: $at, recoveryPointAge: ($rpo | number), recoveryTime: ($rto | number), problem: (if $succeeded then null else $problem end) }' > "$RESULT"
}

keep() {
  aws s3api put-object --region "$REGION" --bucket "$BUCKET" --key "drill/$CLUSTER/$1" --body "$RESULT" > /dev/null
}

report() {
  [ "$1" = false ] || retry 30 10 keep succeeded.json
  retry 30 10 keep result.json
  retry 30 10 publish "$RESULT" '["RestoreDrillSucceeded", "Count", (if .succeeded then 1 else 0 end)], ["RestoreDrillRecoveryPointAge", "Seconds", .recoveryPointAge],
    ["RestoreDrillRecoveryTime", "Seconds", .recoveryTime]'
}

# finish: the group would start another drill, so it gets smaller by this instance. What is left here goes with the disk.
finish() {
  aws autoscaling terminate-instance-in-auto-scaling-group --instance-id "$(imds instance-id)" --should-decrement-desired-capacity > /dev/null
}
trap 'retry 30 10 finish' EXIT

chmod 755 "$HERE"/*.sh
mkdir -p "$WORK" /data
succeeded=true
drill >> "$LOG" 2>&1 || succeeded=false
cat "$LOG" >&2
conclude "$succeeded"
report "$succeeded"
log "The drill has ended: $(tr -d '\n' < "$RESULT")"
