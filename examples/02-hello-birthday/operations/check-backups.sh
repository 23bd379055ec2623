#!/usr/bin/env bash
# Fails unless the newest backup of a cluster is known to be younger than 30 hours: check-backups.sh <region> <cluster>
set -euo pipefail
# shellcheck source=metrics.sh
. "$(dirname "$0")/metrics.sh"
region="$1" cluster="$2"

# The primary publishes it each minute. A failover of half a minute leaves no gap of this length.
age="$(newest "$region" "$cluster" BackupAge "$(date --utc --date='-15 minutes' +%FT%TZ)")"
if ! number "$age"; then
  echo "No node of '$cluster' in $region has said for 15 minutes how old its newest backup is. Look at the alarms of the cluster."
  exit 1
fi
echo "The newest backup of '$cluster' is ${age%.*} seconds old."
if [ "${age%.*}" -ge $((30 * 3600)) ]; then
  echo 'That is more than 30 hours. On the primary: journalctl -u node-backup-check -u node-backup-diff -u node-backup-full'
  exit 1
fi
