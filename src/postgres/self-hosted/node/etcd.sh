#!/usr/bin/env bash
# Makes this node a voter of etcd: the first of a new cluster, the member that its volume holds, or a learner that becomes a voter.
. "$(dirname "$0")/lib.sh"

DATA=/data/etcd
URL=https://$ADDRESS:2380

# configure STATE INITIAL_CLUSTER: etcd reads both only where it has no data.
configure() {
  cat > /etc/default/etcd <<ENV
ETCD_NAME=$NAME
ETCD_DATA_DIR=$DATA
ETCD_INITIAL_CLUSTER_STATE=$1
ETCD_INITIAL_CLUSTER=$2
ETCD_INITIAL_CLUSTER_TOKEN=$CLUSTER
ETCD_INITIAL_ADVERTISE_PEER_URLS=$URL
ETCD_ADVERTISE_CLIENT_URLS=https://$ADDRESS:2379
ETCD_LISTEN_PEER_URLS=$URL
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

# members: a line for each, as ID, status, name, URL for peers, URL for clients, whether it is a learner. It needs a majority of them.
members() {
  by_peers member list 2> /dev/null
}

# id_of: of the member that has this node's name or address, from members on stdin.
id_of() {
  awk -F ', ' -v name="$NAME" -v url="$URL" '$3 == name || $4 == url { print $1 }'
}

# A cluster that has a stanza in the bucket existed. Without that answer, nothing is known and nothing is made.
was_bootstrapped() {
  local found
  found=$(retry 30 10 as_postgres pgbackrest --stanza="$CLUSTER" repo-ls "archive/$CLUSTER") || exit 1
  [ -n "$found" ]
}

# take_up: goes on with the member on this volume. One that was removed meanwhile would never be let in again.
take_up() {
  local known
  configure existing "$NAME=$URL"
  known=$(members) || return 0
  if [ -n "$(id_of <<< "$known")" ]; then
    correct_address by_peers || log 'The other members do not take the address of this one yet.'
    return 0
  fi
  log "The cluster no longer knows the member on this volume. Its data goes to $DATA.removed."
  rm -rf "$DATA.removed"
  mv "$DATA" "$DATA.removed"
  install -d -m 700 -o etcd -g etcd "$DATA"
  return 1
}

# correct_address BY: a node in another subnet has another address than the member on its volume. BY its peers, or by its own etcd where it has none.
correct_address() {
  local id
  id=$("$1" member list 2> /dev/null | awk -F ', ' -v name="$NAME" -v url="$URL" '$3 == name && $4 != url { print $1 }') || return 1
  [ -z "$id" ] || "$1" member update "$id" --peer-urls="$URL" > /dev/null
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
  by_peers member add "$NAME" --learner --peer-urls="$URL" > /dev/null || return 1
  known=$(members) || return 1
  configure existing "$(awk -F ', ' -v name="$NAME" -v url="$URL" '{ print ($4 == url ? name : $3) "=" $4 }' <<< "$known" | paste -sd ,)"
}

# found: makes a cluster of one, which happens once in the life of a cluster, on its first node.
found() {
  [ "$NODE" = 1 ] || return 1
  ! was_bootstrapped || return 1
  log 'This is the first node of a new cluster.'
  configure new "$NAME=$URL"
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

# A learner that has not caught up is refused.
promote() {
  votes && return
  local id
  id=$(members | id_of) || return 1
  [ -n "$id" ] && by_peers member promote "$id" > /dev/null 2>&1
  votes
}

# A stack that has fewer nodes than the cluster would take its majority away.
refuse_fewer() {
  local count
  count=$(retry 10 2 etcd_here member list | wc -l)
  if [ "$count" -gt "${#ADDRESSES[@]}" ]; then
    log "The cluster has $count members, and its stack ${#ADDRESSES[@]} nodes. A cluster does not shrink: take a new one from a backup."
    return 1
  fi
}

prepare
systemctl enable etcd 2> /dev/null
systemctl start --no-block etcd
retry 150 2 promote
retry 10 2 correct_address etcd_here
refuse_fewer
