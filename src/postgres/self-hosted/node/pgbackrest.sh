#!/usr/bin/env bash
# Writes the settings of pgBackRest with `pgbackrest.sh configure`, at each boot; makes the stanza with `pgbackrest.sh stanza`, on the primary.
. "$(dirname "$0")/backups.sh"

# Made once since the boot, so that whoever asks each minute does not ask S3 each minute.
made=$SECRETS/stanza

# endpoint: of S3 in this region. Section [CLUSTER] of a file in /etc/pgbackrest/conf.d comes before all that is here.
endpoint() {
  case $REGION in
    cn-*) echo "s3.$REGION.amazonaws.com.cn" ;;
    *) echo "s3.$REGION.amazonaws.com" ;;
  esac
}

# cipher_pass: without it every backup would be readable by whoever reads the bucket.
cipher_pass() {
  jq -er '.cipherPass | select(type == "string")' "$SECRETS/cluster.json" | grep .
}

settings() {
  local processors pass
  processors=$(nproc)
  pass=$(cipher_pass)
  cat << END
[global]
repo1-type=s3
repo1-s3-bucket=$BUCKET
repo1-s3-region=$REGION
repo1-s3-endpoint=$(endpoint)
repo1-s3-key-type=auto
repo1-path=/$CLUSTER
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=$pass
repo1-bundle=y
repo1-block=y
repo1-retention-full-type=time
repo1-retention-full=$BACKUP_RETENTION_DAYS
compress-type=zst
start-fast=y
archive-async=y
archive-timeout=60
spool-path=$SPOOL
lock-path=$SPOOL/lock
process-max=$(((processors + 1) / 2))
log-level-console=info
log-level-stderr=off
log-level-file=off

[global:archive-push]
log-level-console=warn

[global:archive-get]
log-level-console=warn

[global:restore]
process-max=$processors

[$CLUSTER]
pg1-path=$PGDATA
pg1-socket-path=/var/run/postgresql
END
}

# The pass stays in memory: the file that pgBackRest looks for is a link.
write_settings() {
  local file=$SECRETS/pgbackrest.conf
  # The package's own place of settings is read first.
  rm -f /etc/pgbackrest/pgbackrest.conf
  install -m 640 -o root -g postgres /dev/null "$file.new"
  settings > "$file.new"
  mv "$file.new" "$file"
  ln -sfn "$file" /etc/pgbackrest.conf
  install -d -m 750 -o postgres -g postgres "$SPOOL" "$SPOOL/lock"
}

# schedule TIMER TIMES: a timer cannot read the environment file.
schedule() {
  local file=/etc/systemd/system/$1.timer.d/schedule.conf
  install -d "$(dirname "$file")"
  printf '[Timer]\nOnCalendar=\nOnCalendar=%s UTC\n' "$2" > "$file"
}

schedule_backups() {
  schedule node-backup-full "$FULL_BACKUP"
  schedule node-backup-diff "$DIFF_BACKUP"
  systemctl daemon-reload
  systemctl --no-block try-restart node-backup-full.timer node-backup-diff.timer
}

case ${1:-} in
  configure)
    write_settings
    # A restore drill takes no backups.
    [ -z "${FULL_BACKUP:-}" ] || schedule_backups
    ;;
  stanza)
    if is_primary && [ ! -e "$made" ]; then
      pgbackrest_ stanza-create
      touch "$made"
    fi
    ;;
  *)
    log "Usage: pgbackrest.sh configure | stanza"
    exit 2
    ;;
esac
