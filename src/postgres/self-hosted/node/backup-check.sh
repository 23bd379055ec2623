#!/usr/bin/env bash
# Checks once an hour on the primary that WAL arrives and that the repository holds good backups, and takes one where the newest is too old.
# A timer asks every five minutes, so that a new primary and a check that failed are not left for an hour. `backup-check.sh now` does not wait.
. "$(dirname "$0")/backups.sh"

# result: read by metrics.sh. Where a check fails there is none, and the age of the backups is unknown.
result=$SECRETS/backup.json
# drill: the same of restore drills.
drill=$SECRETS/drill.json
checked_every=3600
# A daily backup and the time that it takes; a weekly one that was missed comes before the next daily one is due.
oldest_backup=$((26 * 3600))
oldest_full=$((6 * 24 * 3600 + 12 * 3600))

is_due() {
  [ ! -s "$result" ] || [ "$(jq .checked "$result")" -le $(($(date +%s) - checked_every)) ]
}

# judged: makes of the text of `info` when the newest good backups ended, what is wrong, and the code of pgBackRest.
judged() {
  jq -cs --argjson now "$(date +%s)" '
    (.[0][0] // {}) as $stanza
    | ($stanza.backup // []) as $all
    | [$all[] | select(.error == false)] as $good
    | {
      checked: $now,
      code: ($stanza.status.code // 99),
      running: ($stanza.status.lock.backup.held // false),
      newest: ([$good[].timestamp.stop] | max),
      newestFull: ([$good[] | select(.type == "full").timestamp.stop] | max),
      problems: [
        (if $stanza.status == null then "pgBackRest says nothing of the stanza." else empty end),
        ($stanza.repo[]? | select(.status.code != 0) | "Repository \(.key): \(.status.message | split("\n")[0] | gsub("[^ -~]"; "?")) (\(.status.code))."),
        (if $stanza.status.code == 0 and $stanza.cipher != "aes-256-cbc" then "The repository is not encrypted." else empty end),
        (if ($all | length) > 0 and $all[-1].error != false then "The newest backup, \($all[-1].label), has pages with wrong checksums." else empty end)
      ]
    }'
}

# too_old TIME LIMIT: of nothing, too.
too_old() {
  [ "$1" = null ] || [ "$1" -lt $(($(date +%s) - $2)) ]
}

# mend VERDICT: takes the backup that a timer missed, where pgBackRest can. A stanza that is gone is made again.
mend() {
  local code running newest full kind=diff
  read -r code running newest full < <(jq -r '"\(.code) \(.running) \(.newest) \(.newestFull)"' <<< "$1")
  [ "$code" != 1 ] || rm -f "$SECRETS/stanza"
  if [ "$code" != 0 ] && [ "$code" != 2 ] || [ "$running" = true ] || ! too_old "$newest" "$oldest_backup"; then
    return 0
  fi
  ! too_old "$full" "$oldest_full" || kind=full
  log "The newest good backup is too old: a $kind one is taken now."
  systemctl start --no-block "node-backup-$kind.service"
}

# wal_arrives: up to now, without which the newest backup is all that there is.
wal_arrives() {
  retry 3 10 pgbackrest_ check && return
  log 'WAL does not arrive in the repository.'
  return 1
}

# drilled: when a restore drill last succeeded; when the cluster was made, where none has. A list of S3 is an answer also where there is nothing.
drilled() {
  local at
  at=$(aws s3api list-objects-v2 --region "$REGION" --bucket "$BUCKET" --prefix "drill/$CLUSTER/succeeded.json" --query 'Contents[0].LastModified' --output text \
    --cli-connect-timeout 5 --cli-read-timeout 30) || return 1
  if [ "$at" = None ]; then
    sql postgres 'SELECT system_identifier >> 32 FROM pg_control_system()'
  else
    date -d "$at" +%s
  fi
}

# check_drill: where this is not known, neither is the age of the drill.
check_drill() {
  local at
  rm -f "$drill"
  at=$(drilled) || return 0
  jq -n --argjson checked "$(date +%s)" --argjson succeeded "$at" '{ checked: $checked, succeeded: $succeeded }' > "$drill.new"
  mv "$drill.new" "$drill"
}

is_good() {
  jq -r '.problems[]' <<< "$1" >&2
  jq -e '.problems == []' <<< "$1" > /dev/null
}

check() {
  local verdict arrives=true
  [ -z "${RESTORE_DRILLS:-}" ] || check_drill
  wal_arrives || arrives=false
  verdict=$(repository | judged)
  mend "$verdict"
  is_good "$verdict" && [ "$arrives" = true ] || return 1
  echo "$verdict" > "$result.new"
  mv "$result.new" "$result"
}

# forget: whatever ends this script early.
forget() {
  [ $? -eq 0 ] || rm -f "$result"
}

if [ "${1:-}" = judge ]; then
  judged
  exit
fi
trap forget EXIT
exec 9> "$SECRETS/backup-check.lock"
flock 9
if ! is_primary; then
  rm -f "$result" "$drill"
elif [ "${1:-}" = now ] || is_due; then
  check
fi
