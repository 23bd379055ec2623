#!/usr/bin/env bash
# Gives back the space of old revisions, and keeps a snapshot of etcd on the volume.
. "$(dirname "$0")/lib.sh"

ETCD_TIMEOUT=60s etcd_here defrag
ETCD_TIMEOUT=60s etcd_here snapshot save /data/etcd-snapshot.db.new > /dev/null
mv /data/etcd-snapshot.db.new /data/etcd-snapshot.db
