#!/usr/bin/env bash
# Boots a host of the lab: boot.sh NAME ROOT LAYER DISK
# systemd becomes process 1 of the namespaces in which this runs. ROOT is read only; what the host writes is in LAYER; DISK is a file with
# the file system of /data.
set -euo pipefail
name=$1 root=$2 layer=$3 disk=$4
host=$layer/host

mount --make-rprivate /
mkdir -p "$layer/upper" "$layer/work" "$host"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work" "$host"
mkdir -p "$host/data" "$host/old"
mount -o loop,noatime "$disk" "$host/data"
cd "$host"

mount -t proc proc proc
# Nodes size PostgreSQL by it: each is as large as a small instance, however large this machine is.
sed 's/^MemTotal: .*/MemTotal: 2097152 kB/' proc/meminfo > "$layer/meminfo"
mount --bind "$layer/meminfo" proc/meminfo
# Settings of the kernel are the machine's. Those of memory can be written, and nothing happens.
cp -r --no-preserve=mode proc/sys/vm run/vm 2> /dev/null || true
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -t tmpfs tmpfs proc/sys/vm
cp -r run/vm/. proc/sys/vm/
rm -r run/vm
mount -o remount,bind,ro proc/sys

mount -t sysfs sysfs sys
umount -R sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir -p dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
# Patroni's races for the leader need shared memory that everybody can write.
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
touch dev/console

hostname "$name"
pivot_root . old
umount -l /old
# The network namespace is older than this boot.
nft flush ruleset
exec env -i container=other TERM=dumb PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --log-target=journal --show-status=0
