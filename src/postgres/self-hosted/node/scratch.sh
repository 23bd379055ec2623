# shellcheck shell=bash
# A server for data that was restored, which only a socket in its directory reaches, and which archives nothing. Scripts source it, and set SCRATCH, the
# directory, and DATA, the data of the server.
. "$(dirname "${BASH_SOURCE[0]}")/backups.sh"

# write_config: of its own, because the cluster's listens, archives and asks for certificates. Without hot standby nobody is let in before the end.
write_config() {
  local prepared
  prepared=$(as_postgres "$PGBIN/pg_controldata" "$DATA" | sed -n 's/^max_prepared_xacts setting: *//p')
  cat > "$SCRATCH/scratch.conf" << END
listen_addresses = ''
unix_socket_directories = '$SCRATCH'
hba_file = '$SCRATCH/hba.conf'
archive_mode = off
hot_standby = off
max_prepared_transactions = $prepared
shared_buffers = 128MB
END
  echo 'local all postgres peer' > "$SCRATCH/hba.conf"
}

server() {
  as_postgres "$PGBIN/pg_ctl" -D "$DATA" "$@" > /dev/null
}

# start_server: ends when the recovery did, or after RESTORE_TIMEOUT seconds where there is such a limit.
start_server() {
  local since=$SECONDS
  write_config || return 1
  server -o "--config-file=$SCRATCH/scratch.conf" -l "$SCRATCH/log" -w start || return 1
  until as_postgres pg_isready -q -h "$SCRATCH"; do
    server status || return 1
    [ -z "${RESTORE_TIMEOUT:-}" ] || [ "$SECONDS" -lt $((since + RESTORE_TIMEOUT)) ] || return 1
    sleep 1
  done
}

scratch_sql() {
  sql postgres "$1" -h "$SCRATCH"
}

# publish RESULT FIGURES: metrics of the cluster; FIGURES is jq for arrays of name, unit and number of the file RESULT. One that is null is unknown, and not published.
publish() {
  jq --arg cluster "$CLUSTER" "[($2) | select(.[2] != null) | { MetricName: .[0], Unit: .[1], Value: .[2], Dimensions: [{ Name: \"Cluster\", Value: \$cluster }] }]" "$1" > "$1.metrics" || return 1
  put_metrics "$1.metrics"
}
