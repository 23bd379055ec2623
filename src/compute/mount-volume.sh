#!/usr/bin/env bash
# Attaches a volume to this instance and mounts it: mount-volume VOLUME DIRECTORY REGION
# A volume is formatted where every byte of its beginning is zero, as EC2 makes it, and never where anything was written on it.
set -euo pipefail
volume=$1 directory=$2 region=$3
device="/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume/-/}"
beginning=$((4 * 1024 * 1024))

attach() {
  # cloud-init writes the file before it runs user data.
  aws ec2 attach-volume --region "$region" --volume-id "$volume" --instance-id "$(cat /var/lib/cloud/data/instance-id)" --device /dev/sdf > /dev/null
}

# The volume may still be attached to the instance before this one, which takes its time to stop.
for attempt in $(seq 1 120); do
  test ! -b "$device" || break
  attach || echo "Volume $volume can't be attached yet (attempt $attempt)."
  for _ in $(seq 1 5); do
    test ! -b "$device" || break 2
    sleep 1
  done
done
if ! test -b "$device"; then
  echo "Volume $volume can't be attached. See the last error of EC2 above."
  exit 1
fi

# blkid ends with 2 both where it finds nothing and where it cannot read, so bytes decide.
if kind=$(blkid -p -o value -s TYPE "$device") && test -n "$kind"; then
  echo "Volume $volume has a file system of type $kind, which stays."
elif head -c "$beginning" "$device" | cmp -s -n "$beginning" - /dev/zero; then
  echo "Volume $volume is blank and gets a file system."
  mkfs.ext4 -q -m 1 "$device"
  kind=ext4
else
  echo "Volume $volume holds something that is not a file system, or can't be read. It stays as it is. Look at it, and run 'wipefs --all' on it if nothing is worth keeping."
  exit 1
fi

uuid=$(blkid -p -o value -s UUID "$device")
mkdir -p "$directory"
if ! grep -q "^UUID=$uuid " /etc/fstab; then
  echo "UUID=$uuid $directory $kind defaults,noatime,nofail,x-systemd.device-timeout=5min 0 2" >> /etc/fstab
fi
systemctl daemon-reload
mountpoint -q "$directory" || mount -t "$kind" -o noatime "$device" "$directory"
if test "$kind" = ext4; then
  resize2fs "$device" || echo "The file system can't grow to the size of volume $volume."
fi
