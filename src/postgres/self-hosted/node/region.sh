#!/usr/bin/env bash
# Puts in place what a cluster needs that another region may take over, or that takes over from another region. Without such settings there is none of it.
. "$(dirname "$0")/lib.sh"

add() {
  cp -r "$HERE/region/$1/." /etc/systemd/system/
  systemctl daemon-reload
}

if [ -n "${FENCE_BUCKET:-}" ]; then
  add fence
  systemctl enable --now node-region-fence.timer
fi
if [ -n "${RESTORE_BUCKET:-}" ]; then
  add recover
fi
