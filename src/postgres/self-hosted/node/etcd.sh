#!/usr/bin/env bash
# Makes this node a voter of etcd: the first of a new cluster, the member that its volume holds, or a learner that becomes a voter.
. "$(dirname "$0")/lib.sh"

DATA=/data/etcd

# configure STATE INITIAL_CLUSTER: etcd reads both only where it has no data.
configure() {
  cat > /etc/default/etcd <<ENV
ETCD_NAME=$NAME
ETCD_DATA_DIR=$DATA
ETCD_INITIAL_CLUSTER_STATE=$1
ETCD_INITIAL_CLUSTER=$2
ETCD_INITIAL_CLUSTER_TOKEN=$CLUSTER
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://$ADDRESS:2380
ETCD_ADVERTISE_CLIENT_URLS=https://$ADDRESS:2379
ETCD_LISTEN_PEER_URLS=https://$ADDRESS:2380
ETCD_LISTEN_CLIENT_URLS=https://$ADDRESS:2379
ETCD_CERT_FILE=$TLS/node.crt
ETCD_KEY_FILE=$TLS/node.key
ETCD_TRUSTED_CA_FILE=$TLS/ca.crt
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_CERT_FILE=$TLS/node.crt
ETCD_PEER_KEY_FILE=$TLS/node.key
ETCD_PEER_TRUSTED_CA_FILE=$TLS/ca.crt
ETCD_PEER_CLIENT_CERT_AUTH=true
ETCD_AUTO_COMPACTION_MODE=periodic
ETCD_AUTO_COMPACTION_RETENTION=1h
ENV
}

# members: as JSON, by the first peer that answers. It needs a majority of the members.
members() {
  by_peers member list -w json 2> /dev/null
}

# id_of: id of the member that has this node's name or address, in hexadecimal, from members on stdin.
id_of() {
  jq -r --arg name "$NAME" --arg url "https://$ADDRESS:2380" '.members[] | select(.name == $name or (.peerURLs | index($url))) | .ID' | while read -r id; do printf '%x\n' "$id"; done
}

# A cluster that has a stanza in the bucket existed. Without that answer, nothing is known and nothing is made.
was_bootstrapped() {
  local found
  found=$(retry 30 10 as_postgres pgbackrest --stanza="$CLUSTER" repo-ls "archive/$CLUSTER") || exit 1
  [ -n "$found" ]
}

# take_up: goes on with the member on this volume, whose address may be another one now. A member that was removed meanwhile would never be let in again.
take_up() {
  local known id
  configure existing "$NAME=https://$ADDRESS:2380"
  known=$(members) || return 0
  id=$(id_of <<< "$known")
  if [ -n "$id" ]; then
    jq -e --arg url "https://$ADDRESS:2380" 'any(.members[].peerURLs; index($url))' <<< "$known" > /dev/null \
      || by_peers member update "$id" --peer-urls="https://$ADDRESS:2380" > /dev/null
    return
  fi
  log "The cluster no longer knows the member on this volume. Its data goes to $DATA.removed."
  rm -rf "$DATA.removed"
  mv "$DATA" "$DATA.removed"
  install -d -m 700 -o etcd -g etcd "$DATA"
  return 1
}

# join: removes the member that had this address, adds a learner, and tells etcd the members that there are then.
join() {
  local known id
  known=$(members) || return 1
  id=$(id_of <<< "$known")
  if [ -n "$id" ]; then
    log "The member $id that had this address goes: its data is gone."
    by_peers member remove "$id" > /dev/null || return 1
  fi
  by_peers member add "$NAME" --learner --peer-urls="https://$ADDRESS:2380" > /dev/null || return 1
  known=$(members) || return 1
  configure existing "$(jq -r --arg name "$NAME" --arg own "https://$ADDRESS:2380" \
    '[.members[] | (if (.peerURLs | index($own)) then $name else .name end) + "=" + .peerURLs[0]] | join(",")' <<< "$known")"
}

# found: makes a cluster of one, which happens once in the life of a cluster, on its first node.
found() {
  [ "$NODE" = 1 ] || return 1
  ! was_bootstrapped || return 1
  log 'This is the first node of a new cluster.'
  configure new "$NAME=https://$ADDRESS:2380"
}

prepare() {
  install -d -m 700 -o etcd -g etcd "$DATA"
  if test -d "$DATA/member" && take_up; then
    return
  fi
  if [ "${#PEERS[@]}" -eq 0 ] && was_bootstrapped; then
    log "The volume $VOLUME is empty, and this cluster of one node has backups. Nothing is made anew: restore them, or remove archive/$CLUSTER and backup/$CLUSTER from the bucket $BUCKET."
    exit 1
  fi
  for attempt in $(seq 1 120); do
    if join || found; then
      return
    fi
    log "Neither a majority of the members of etcd answers, nor is this the first node of a new cluster (attempt $attempt)."
    sleep 5
  done
  exit 1
}

is_voter() {
  etcd_here endpoint status -w json 2> /dev/null | jq -e '.[0].Status | (.isLearner | not) and (.errors | length == 0)' > /dev/null
}

# A learner that has not caught up is refused.
promote() {
  is_voter && return
  local id
  id=$(members | id_of) || return 1
  [ -n "$id" ] && by_peers member promote "$id" > /dev/null 2>&1
  is_voter
}

# A stack that has fewer nodes than the cluster would take its majority away.
refuse_fewer() {
  local count
  count=$(etcd_here member list -w json | jq '.members | length')
  if [ "$count" -gt "${#ADDRESSES[@]}" ]; then
    log "The cluster has $count members, and its stack ${#ADDRESSES[@]} nodes. A cluster does not shrink: take a new one from a backup."
    return 1
  fi
}

prepare
systemctl enable etcd 2> /dev/null
systemctl start --no-block etcd
retry 150 2 promote
refuse_fewer
