#!/usr/bin/env bash
# Keeps this cluster from writing after another region has taken over: that region puts a marker into the replica of the backups.
# region-fence.sh start | check | answer: `start` ends when PostgreSQL may start here, `check` stops it where it no longer may, `answer` says what the marker says.
. "$(dirname "$0")/lib.sh"

MARKER=fence/$CLUSTER
# An operator makes this file where the other region is out of order, and nobody has taken over there.
OVERRIDE=/etc/node/without-region-fence

# answer: fenced, free, or unknown. Only a list of S3 is an answer.
answer() {
  local key
  if ! key=$(AWS_MAX_ATTEMPTS=2 aws s3api list-objects-v2 --region "$FENCE_REGION" --bucket "$FENCE_BUCKET" --prefix "$MARKER" --max-keys 1 --no-paginate \
    --query 'Contents[0].Key' --output text --cli-connect-timeout 5 --cli-read-timeout 5); then
    echo unknown
  elif [ "$key" = "$MARKER" ]; then
    echo fenced
  else
    echo free
  fi
}

# A primary that runs found no marker, and each node looks again every minute.
peer_is_primary() {
  local peer
  for peer in "${PEERS[@]}"; do
    [ "$(rest_code "$peer" /primary)" = 200 ] && return
  done
  return 1
}

start() {
  while ! peer_is_primary; do
    if [ -e "$OVERRIDE" ]; then
      log "PostgreSQL starts without asking for the marker of another region, because of $OVERRIDE."
      return
    fi
    case $(answer) in
      free) return ;;
      fenced) log "PostgreSQL does not start here: another region has taken over from '$CLUSTER'. Where that was a mistake, delete $MARKER from the bucket $FENCE_BUCKET. Else see docs/disaster-recovery.md." ;;
      *) log "PostgreSQL waits: nobody knows whether another region has taken over, because the bucket $FENCE_BUCKET in $FENCE_REGION does not answer. Where none has, make the file $OVERRIDE." ;;
    esac
    sleep 15
  done
}

# check: a restart stops PostgreSQL, and `start` keeps it stopped.
check() {
  systemctl is-active --quiet patroni && [ ! -e "$OVERRIDE" ] && [ "$(answer)" = fenced ] || return 0
  log "PostgreSQL is stopped: another region has taken over from '$CLUSTER'."
  systemctl restart --no-block patroni
}

case ${1:-} in
  start | check | answer) "$1" ;;
  *)
    log 'Usage: region-fence.sh start | check | answer'
    exit 2
    ;;
esac
