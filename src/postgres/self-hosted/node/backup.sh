#!/usr/bin/env bash
# Takes a backup where this node is the primary: backup.sh full | diff
# Every node has the timers, so that whichever is the primary takes it. pgBackRest makes a full one where a differential one has none to build on.
. "$(dirname "$0")/backups.sh"

if ! is_primary; then
  log "Another node is the primary, and takes the $1 backup."
  exit 0
fi
pgbackrest_ --type="$1" backup
"$HERE/backup-check.sh" now
