# shellcheck shell=bash
# The settings of this node, and the commands that its scripts share. Scripts source it.
set -euo pipefail

HERE=$(dirname "${BASH_SOURCE[0]}")
while read -r line; do
  declare -g "${line%%=*}=${line#*=}"
done < /etc/first-boot.env

IFS=, read -r -a ADDRESSES <<< "$NODES"
ADDRESS=${ADDRESSES[NODE - 1]}
PEERS=()
for each in "${ADDRESSES[@]}"; do
  [ "$each" = "$ADDRESS" ] || PEERS+=("$each")
done

NAME=node-$NODE
TLS=/etc/node/tls
SECRETS=/run/node
PGDATA=/data/postgresql/17/main
PGBIN=/usr/lib/postgresql/17/bin
export AWS_REGION=$REGION AWS_PAGER='' AWS_MAX_ATTEMPTS=5
export HERE NAME SECRETS PGDATA PGBIN

log() {
  echo "$*" >&2
}

# retry NUMBER SECONDS COMMAND…: a function ends with the first command that fails only where it says `|| return`, because bash does not watch over what is tried.
retry() {
  local times=$1 pause=$2
  shift 2
  for _ in $(seq 1 "$times"); do
    "$@" && return 0
    sleep "$pause"
  done
  log "Gave up after $times attempts: $*"
  return 1
}

# imds PATH: what the metadata service of EC2 knows of this instance.
imds() {
  local token
  local -a patient=(-fsS --max-time 5 --retry 5 --retry-connrefused --retry-delay 1)
  token=$(curl "${patient[@]}" -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl "${patient[@]}" -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# rest ADDRESS PATH [OPTION…]: Patroni's REST API of a node.
rest() {
  local host=$1 path=$2
  shift 2
  curl -sS --max-time 3 --cacert "$TLS/ca.crt" --cert "$TLS/node.crt" --key "$TLS/node.key" "$@" "https://$host:8008$path"
}

# rest_code ADDRESS PATH: HTTP status, 000 where nothing answers.
rest_code() {
  rest "$1" "$2" -o /dev/null -w '%{http_code}' 2> /dev/null || true
}

is_primary() {
  [ "$(rest_code "$ADDRESS" /primary)" = 200 ]
}

# takes_part ADDRESS: whether a node itself says that it is the primary, or streams. What etcd has of a member may be as old as the lease: a dead one streams there.
takes_part() {
  rest "$1" /patroni -f 2> /dev/null | jq -e '.state == "running" and .role == "primary" or .replication_state == "streaming"' > /dev/null
}

peers_take_part() {
  local peer
  for peer in "${PEERS[@]}"; do
    takes_part "$peer" || return 1
  done
}

# cluster: members as JSON, by the first node that answers.
cluster() {
  local each
  for each in "$ADDRESS" "${PEERS[@]}"; do
    rest "$each" /cluster -f 2> /dev/null && return 0
  done
  return 1
}

endpoints() {
  local IFS=,
  echo "${*/%/:2379}"
}

# etcdctl_ ARGUMENT…: by all nodes. ETCDCTL_ENDPOINTS names others.
etcdctl_() {
  ETCDCTL_ENDPOINTS=${ETCDCTL_ENDPOINTS:-$(endpoints "${ADDRESSES[@]}")} etcdctl --dial-timeout=2s --command-timeout="${ETCD_TIMEOUT:-5s}" \
    --cacert="$TLS/ca.crt" --cert="$TLS/node.crt" --key="$TLS/node.key" "$@"
}

by_peers() {
  ETCDCTL_ENDPOINTS=$(endpoints "${PEERS[@]}") etcdctl_ "$@"
}

etcd_here() {
  ETCDCTL_ENDPOINTS=$ADDRESS:2379 etcdctl_ "$@"
}

# votes: whether this node's etcd has a majority, and a vote in it. A learner answers no such question.
votes() {
  etcd_here endpoint health > /dev/null 2>&1
}

# put_metrics FILE
put_metrics() {
  aws cloudwatch put-metric-data --namespace "$NAMESPACE" --metric-data "file://$1" --cli-connect-timeout 5 --cli-read-timeout 5
}

# as_postgres COMMAND…
as_postgres() {
  (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
}

# sql DATABASE STATEMENT [OPTION…]: as the superuser, over the socket.
sql() {
  local database=$1 statement=$2
  shift 2
  as_postgres psql -XAtq -v ON_ERROR_STOP=1 -d "$database" "$@" -c "$statement"
}
