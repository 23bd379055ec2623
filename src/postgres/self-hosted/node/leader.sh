#!/usr/bin/env bash
# Keeps the leader of etcd off the host of the primary: where both die at once, etcd extends every lease at its own election, and the failover waits longer.
# leader.sh [away]: `away` moves it off this host in any case.
. "$(dirname "$0")/lib.sh"

status=$(etcd_here endpoint status -w json)
jq -e '.[0].Status | .leader == .header.member_id' <<< "$status" > /dev/null || exit 0
[ "${1:-}" = away ] || is_primary || exit 0
for peer in "${PEERS[@]}"; do
  [ "${1:-}" = away ] && [ "$(rest_code "$peer" /primary)" = 200 ] && [ "${#PEERS[@]}" -gt 1 ] && continue
  id=$(ETCDCTL_ENDPOINTS=$peer:2379 etcdctl_ endpoint status -w json 2> /dev/null | jq '.[0].Status | select(.isLearner | not) | .header.member_id') || continue
  if [ -n "$id" ] && etcd_here move-leader "$(printf '%x' "$id")" > /dev/null; then
    log "The leader of etcd moved to $peer."
    exit 0
  fi
done
log 'No other member can lead etcd.'
exit 1
