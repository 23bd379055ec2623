#!/usr/bin/env bash
# Installs what a node runs, and starts none of it. An image that holds the packages needs no mirror.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

packages=(awscli ca-certificates curl etcd-client etcd-server jq openssl patroni pgbackrest postgresql-17 python3-etcd)
# An update of these restarts what they run, and a timer would do so on all nodes at once: they come with another image or another deployment.
held=(etcd-server patroni pgbackrest postgresql-17)

apt_get() {
  apt-get -q -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any "$@"
}

retry() {
  for _ in $(seq 1 30); do
    "$@" && return 0
    sleep 10
  done
  return 1
}

# Debian's packages would make a cluster and start services with settings that are not those of the node.
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT

if ! dpkg -s "${packages[@]}" > /dev/null 2>&1; then
  retry apt_get update
  retry apt_get install -y --no-install-recommends "${packages[@]}"
fi
apt-mark hold "${held[@]}" > /dev/null
# As `systemctl disable` does, which there may not be yet where an image is built. Nothing runs there either.
rm -f /etc/systemd/system/multi-user.target.wants/{etcd,patroni,postgresql}.service
systemctl stop etcd patroni postgresql > /dev/null 2>&1 || true
