#!/usr/bin/env bash
# Stops PostgreSQL where Patroni no longer keeps the lease of the leader, because it hangs or is stopped: another node may be the primary soon.
# Patroni stops it by itself in all other cases. It is trusted without the lease only while it says that all members agreed (failsafe mode).
. "$(dirname "$0")/lib.sh"

# From here on a lease that nobody renews is over in five seconds.
limit=$((TTL - 5))
key=/service/$CLUSTER/leader

seconds() {
  cut -d. -f1 /proc/uptime
}

# age: seconds since the lease of this node was renewed; nothing where another node has the key, or nobody answers. The member on this host is asked first,
# since a new connection to another zone takes several round trips. Where its disk is slow it answers late, while Patroni can still renew the lease by it. The
# others are asked at the same time: the fence must not be late.
age() {
  local peer
  age_by "$ADDRESS" && return
  { for peer in "${PEERS[@]}"; do age_by "$peer" & done; wait; } | sort -n | head -n 1 | grep .
}

age_by() {
  local found lease
  local -x ETCDCTL_ENDPOINTS=$1:2379 ETCD_TIMEOUT=3s
  found=$(etcdctl_ get "$key" -w json 2> /dev/null) || return 1
  [ "$(jq -r '.kvs[0].value // "" | @base64d' <<< "$found")" = "$NAME" ] || return 1
  lease=$(printf '%x' "$(jq -r '.kvs[0].lease' <<< "$found")")
  etcdctl_ lease timetolive "$lease" -w json 2> /dev/null | jq -e '.["granted-ttl"] - .ttl'
}

postmaster() {
  head -1 "$PGDATA/postmaster.pid" 2> /dev/null
}

takes_writes() {
  local pid
  pid=$(postmaster) || return 1
  [ -d "/proc/$pid" ] && [ ! -f "$PGDATA/standby.signal" ]
}

members_agreed() {
  rest "$ADDRESS" /patroni 2> /dev/null | jq -e '.failsafe_mode_is_active == true' > /dev/null
}

# An immediate stop, and the end of every process where that hangs too.
stop_postgres() {
  local pid
  pid=$(postmaster) || return 0
  log "The lease of the leader was not renewed for $limit s, and Patroni does not say why: PostgreSQL ($pid) is stopped."
  kill -QUIT "$pid" || return 0
  for _ in 1 2 3; do
    sleep 1
    [ -d "/proc/$pid" ] || return 0
  done
  pkill -KILL -P "$pid" || true
  kill -KILL "$pid" || true
}

if [ "${#PEERS[@]}" -eq 0 ]; then
  log 'This node is the only one: nobody else can become the primary.'
  exec sleep infinity
fi
renewed=$(seconds)
while sleep 1; do
  if ! takes_writes; then
    renewed=$(seconds)
  elif since=$(age); then
    renewed=$(($(seconds) - since))
  fi
  if [ $(($(seconds) - renewed)) -ge "$limit" ] && takes_writes && ! members_agreed; then
    stop_postgres
    renewed=$(seconds)
  fi
done
