#!/usr/bin/env bash
# Makes the root folder of the lab's hosts: build-root.sh ROOT INSTALL AUTHORITY PACKAGE…
# Debian 13, what the shipped script INSTALL installs, then packages that only the lab needs. The hosts trust the certificate AUTHORITY.
# It runs in a mount namespace and a process namespace of its own, so that neither mounts nor processes stay.
set -euo pipefail
root=$1 install=$2 authority=$3
shift 3
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

mount --make-rprivate /
debootstrap --variant=minbase trixie "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
mount -t proc proc "$root/proc"

# Each run of apt would start what it installs.
never_start() {
  printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
}

inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"
}

cp "$install" "$root/opt/install.sh"
inside apt-get -q update
never_start
inside bash /opt/install.sh
never_start
inside apt-get -q install -y --no-install-recommends "$@"
rm -f "$root/usr/sbin/policy-rc.d" "$root/opt/install.sh" "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
inside apt-get clean
cp "$authority" "$root/usr/local/share/ca-certificates/failover-lab.crt"
inside update-ca-certificates
