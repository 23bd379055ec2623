#!/usr/bin/env bash
# Starts an instance that restores the newest backup of a cluster, and waits for what it says: restore-drill.sh <region> <cluster> <group of the drill>
# Fails unless it says that the backup could be restored, within three hours.
set -euo pipefail
# shellcheck source=metrics.sh
. "$(dirname "$0")/metrics.sh"
region="$1" cluster="$2" group="$3"
pause="${DRILL_PAUSE:-60}" limit="${DRILL_LIMIT:-10800}"

since="$(date --utc +%FT%TZ)"
aws autoscaling set-desired-capacity --region "$region" --auto-scaling-group-name "$group" --desired-capacity 1
while [ "$SECONDS" -lt "$limit" ]; do
  sleep "$pause"
  if succeeded="$(newest "$region" "$cluster" RestoreDrillSucceeded "$since")" && number "$succeeded"; then
    echo "RestoreDrillSucceeded is $succeeded."
    for metric in RestoreDrillRecoveryPointAge RestoreDrillRecoveryTime; do
      echo "$metric is $(newest "$region" "$cluster" "$metric" "$since") seconds."
    done
    [ "${succeeded%.*}" = 1 ]
    exit
  fi
done
echo "The drill of '$cluster' in $region has said nothing for $limit seconds. Look at the instance of the group '$group', and at its log."
exit 1
