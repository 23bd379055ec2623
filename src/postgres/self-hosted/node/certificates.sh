#!/usr/bin/env bash
# Gets a certificate for this node, and another one when a third of its time is left: certificates.sh [now]
. "$(dirname "$0")/lib.sh"

# The key never leaves the node. The authority's key is in KMS, where nobody can read it.
make_key() {
  getent group node-tls > /dev/null || groupadd --system node-tls
  usermod -aG node-tls postgres
  usermod -aG node-tls etcd
  install -d -m 750 -o root -g node-tls "$TLS"
  test -s "$TLS/node.key" && return
  (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$TLS/node.key.new")
  install_file "$TLS/node.key.new" "$TLS/node.key"
}

# Group and mode before the file has its name: others read it at any time.
install_file() {
  chgrp node-tls "$1"
  chmod 640 "$1"
  mv "$1" "$2"
}

is_fresh() {
  local from to now
  test -s "$TLS/node.crt" || return 1
  from=$(date -d "$(openssl x509 -in "$TLS/node.crt" -noout -startdate | cut -d= -f2)" +%s)
  to=$(date -d "$(openssl x509 -in "$TLS/node.crt" -noout -enddate | cut -d= -f2)" +%s)
  now=$(date +%s)
  [ $(((to - now) * 3)) -gt $((to - from)) ]
}

sign() {
  local answer=$TLS/answer.json request
  request=$(openssl req -new -key "$TLS/node.key" -subj "/CN=$NAME" | jq -Rsc '{request: .}') || return 1
  aws lambda invoke --function-name "$SIGNER" --cli-binary-format raw-in-base64-out --payload "$request" "$answer" > /dev/null || return 1
  if ! jq -e '.certificate and .authorities' "$answer" > /dev/null; then
    log "The signer refused the request: $(cat "$answer")"
    return 1
  fi
  jq -r .certificate "$answer" > "$TLS/node.crt.new" || return 1
  jq -r .authorities "$answer" > "$TLS/ca.crt.new"
}

# Servers read their certificates again. etcd reads its own at each connection, and authorities only when it starts.
reload() {
  systemctl is-active --quiet patroni || return 0
  systemctl reload patroni
  sql postgres 'SELECT pg_reload_conf()' > /dev/null
  if [ "$1" = authorities ]; then
    ETCD_TIMEOUT=10m etcdctl_ lock maintenance -- systemctl restart etcd
  fi
}

make_key
if [ "${1:-}" = now ] || ! is_fresh; then
  retry 30 10 sign
  changed=certificate
  cmp -s "$TLS/ca.crt" "$TLS/ca.crt.new" || changed=authorities
  install_file "$TLS/ca.crt.new" "$TLS/ca.crt"
  install_file "$TLS/node.crt.new" "$TLS/node.crt"
  rm -f "$TLS/answer.json"
  log "This node has a certificate until $(openssl x509 -in "$TLS/node.crt" -noout -enddate | cut -d= -f2)."
  reload "$changed"
fi
