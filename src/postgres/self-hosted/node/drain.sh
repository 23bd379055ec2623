#!/usr/bin/env bash
# Takes this node out of service before its instance goes: one node at a time, and only where the others have everything.
# drain.sh [successor]: `successor` only says which node would be the primary next.
. "$(dirname "$0")/lib.sh"

# others_stream: whether there is a primary, and every other node is it or streams from it.
others_stream() {
  cluster | jq -e --arg name "$NAME" --argjson peers "${#PEERS[@]}" '
    (.members | map(select(.role == "leader" and .state == "running"))) as $leader
    | ($leader | length == 1)
      and ([.members[] | select(.name != $name) | select(.role == "leader" or (.state == "streaming" and .timeline == $leader[0].timeline))] | length == $peers)' > /dev/null
}

others_vote() {
  by_peers endpoint health > /dev/null 2>&1
}

others_are_well() {
  others_stream && peers_take_part && others_vote && return
  log 'This node waits: another one does not stream or does not vote.'
  return 1
}

# successor: the node with the youngest instance. In a change that goes from node to node it is one that has changed already, else the chain's last: so
# a change has two switchovers at most.
successor() {
  cluster | jq -r --arg name "$NAME" '[.members[] | select(.name != $name and .state == "streaming")] | sort_by(.tags.booted // 0) | last.name // empty'
}

switch_over() {
  ! is_primary && return
  local to
  to=$(successor)
  [ -n "$to" ] || return 1
  log "The primary moves to $to."
  rest "$ADDRESS" /switchover -f --max-time 120 -X POST -H 'content-type: application/json' -d "{\"leader\": \"$NAME\", \"candidate\": \"$to\"}" > /dev/null || return 1
  ! is_primary
}

# stop: a clean stop checkpoints, and the next instance goes on from the same volume.
stop() {
  systemctl stop node-fence node-governor '*.timer' || true
  systemctl stop patroni
  "$HERE/leader.sh" away || true
  systemctl stop etcd
  sync
  pkill -x pgbackrest || true
  retry 12 5 unmounted
}

unmounted() {
  ! mountpoint -q /data || umount /data
}

# is_fenced: another region has taken over, so nobody here will ever have everything.
is_fenced() {
  [ -n "${FENCE_BUCKET:-}" ] && [ "$("$HERE/region-fence.sh" answer)" = fenced ]
}

leave() {
  if [ "${#PEERS[@]}" -gt 0 ] && ! is_fenced; then
    retry 340 5 others_are_well
    retry 10 5 switch_over
    retry 60 2 others_are_well
  fi
  stop
  aws ec2 detach-volume --volume-id "$VOLUME" > /dev/null
  log "The volume $VOLUME is detached."
}

case ${1:-} in
  successor) successor ;;
  leased) leave ;;
  *)
    # The lease ends with this program, or half a minute after the host died.
    if [ "${#PEERS[@]}" -gt 0 ]; then
      exec env ETCD_TIMEOUT=1h bash -c ". '$HERE/lib.sh'; etcdctl_ lock --ttl 30 maintenance -- '$HERE/drain.sh' leased"
    fi
    leave
    ;;
esac
