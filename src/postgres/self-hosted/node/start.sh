#!/usr/bin/env bash
# The first boot of an instance, as user data runs it: makes of its volume and its address a node of the cluster. It ends with 0 when the node takes part.
# Whatever has to happen again when a host only boots is in units.
. "$(dirname "$0")/lib.sh"

# A group starts another instance where this one gives up: its console says why.
give_up() {
  local code=$?
  [ "$code" -eq 0 ] || "$HERE/lifecycle.sh" complete launching ABANDON || true
}
trap give_up EXIT

install_units() {
  cp -r "$HERE"/units/. /etc/systemd/system/
  printf 'AWS_REGION=%s\n' "$REGION" > /etc/node/aws.env
  install -D -m 644 "$HERE/journald.conf" /etc/systemd/journald.conf.d/node.conf
  install -D -m 644 "$HERE/sysctl.conf" /etc/sysctl.d/90-node.conf
  systemctl daemon-reload
  systemctl restart systemd-journald systemd-sysctl
}

# name_nodes: Patroni asks for the names of addresses, and stands still where the resolver does.
name_nodes() {
  local index
  # cloud-init would write the file again at each boot.
  install -d /etc/cloud/cloud.cfg.d
  echo 'manage_etc_hosts: false' > /etc/cloud/cloud.cfg.d/99_node.cfg
  sed -i '/ # self-hosted PostgreSQL$/d' /etc/hosts
  for index in "${!ADDRESSES[@]}"; do
    echo "${ADDRESSES[index]} node-$((index + 1)) # self-hosted PostgreSQL" >> /etc/hosts
  done
}

# A node that comes first in a change brings the settings of the cluster. Whether writes wait for a second node stays as it is: settings.sh says so later.
bring_settings() {
  local now
  now=$(rest "$ADDRESS" /config -f)
  rest "$ADDRESS" /config -f -o /dev/null -X PUT -H 'content-type: application/json' \
    -d "$("$HERE/patroni.sh" cluster | jq --argjson now "$now" '.synchronous_mode_strict = ($now.synchronous_mode_strict // false)')"
}

# wait_ready: as long as CloudFormation waits for a new node, which may restore or copy a large database. The node asks its group for more time every ten minutes.
wait_ready() {
  local attempt
  for attempt in $(seq 1 1440); do
    "$HERE/ready.sh" && return
    [ $((attempt % 120)) -ne 0 ] || "$HERE/lifecycle.sh" heartbeat launching || true
    sleep 5
  done
  log 'This node does not take part after two hours.'
  return 1
}

chmod 755 "$HERE"/*.sh
"$HERE/install.sh"
mkdir -p /etc/node
name_nodes
install_units
"$HERE/region.sh"
"$HERE/certificates.sh"
systemctl enable --now node-secrets
"$HERE/etcd.sh"
"$HERE/patroni.sh"
systemctl enable --now patroni
wait_ready
bring_settings
systemctl enable --now node-lifecycle node-fence node-governor
"$HERE/settings.sh"
for timer in "$HERE"/units/*.timer; do
  systemctl enable --now "$(basename "$timer")"
done
"$HERE/lifecycle.sh" complete launching CONTINUE
