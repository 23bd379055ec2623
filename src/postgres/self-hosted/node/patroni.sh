#!/usr/bin/env bash
# Writes the settings of Patroni: those of this node into its file, those of the cluster to stdout with `patroni.sh cluster`.
. "$(dirname "$0")/lib.sh"

# Half of what the cluster lists below is by size: memory of the host in MiB.
memory=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo) / 1024))
disk=$(($(df --output=size -k /data | tail -1) / 1024))

# parameters: of PostgreSQL, the cluster's own last.
parameters() {
  jq -n --argjson own "$PARAMETERS" --argjson memory "$memory" --argjson disk "$disk" --arg stanza "$CLUSTER" '
    def least($a; $b): if $a < $b then $a else $b end;
    {
      shared_buffers: "\($memory / 4 | floor)MB",
      effective_cache_size: "\($memory * 7 / 10 | floor)MB",
      maintenance_work_mem: "\(least($memory / 16; 2048) | floor)MB",
      huge_pages: (if $memory >= 8192 then "try" else "off" end),
      max_wal_size: "\(least($disk / 10; 16384) | floor)MB",
      max_slot_wal_keep_size: "\($disk * 3 / 10 | floor)MB",
      wal_compression: "lz4",
      checkpoint_timeout: "15min",
      random_page_cost: "1.1",
      log_checkpoints: "on", log_lock_waits: "on", log_connections: "off", log_line_prefix: "%m [%p] %q%u@%d ",
      log_parameter_max_length: "0", log_parameter_max_length_on_error: "0", log_error_verbosity: "default",
      tcp_keepalives_idle: "60", tcp_keepalives_interval: "10", tcp_keepalives_count: "6", tcp_user_timeout: "60s",
      idle_in_transaction_session_timeout: "1h"
    } + $own + {
      max_connections: ($own.max_connections // "100"),
      wal_level: ($own.wal_level // "replica"),
      hot_standby: "on", wal_log_hints: "on", password_encryption: "scram-sha-256", allow_alter_system: "off",
      wal_sender_timeout: "10s", wal_receiver_timeout: "10s",
      archive_mode: "on", archive_timeout: "60s",
      archive_command: "pgbackrest --stanza=\($stanza) archive-push \"%p\"",
      logging_collector: "off"
    }'
}

cluster_settings() {
  jq -n --argjson parameters "$(parameters)" --argjson ttl "$TTL" --argjson loop_wait "$LOOP_WAIT" --argjson retry_timeout "$RETRY_TIMEOUT" --argjson nodes "${#ADDRESSES[@]}" '
    {
      ttl: $ttl, loop_wait: $loop_wait, retry_timeout: $retry_timeout,
      primary_start_timeout: 60, failsafe_mode: true,
      synchronous_mode: (if $nodes > 1 then "quorum" else "off" end),
      synchronous_mode_strict: false, synchronous_node_count: 1,
      postgresql: {
        use_pg_rewind: true, use_slots: true,
        remove_data_directory_on_rewind_failure: true, remove_data_directory_on_diverged_timelines: true,
        parameters: $parameters
      }
    }'
}

# Roles that nodes use among each other come with a certificate, never with a password.
hba() {
  local each
  echo 'local all postgres peer'
  # Patroni asks its own server for the timeline by it. Without an answer, nobody rewinds.
  echo 'local replication replicator peer map=local'
  for each in "${ADDRESSES[@]}"; do
    echo "hostssl replication replicator $each/32 cert map=nodes"
    echo "hostssl postgres rewinder $each/32 cert map=nodes"
  done
  echo 'host all postgres,replicator,rewinder all reject'
  echo 'hostssl all all all scram-sha-256'
}

node_settings() {
  jq -n --arg restores "${RESTORE_BUCKET:-}" --arg cluster "$CLUSTER" --arg name "$NAME" --arg address "$ADDRESS" --arg tls "$TLS" --arg pgdata "$PGDATA" --arg pgbin "$PGBIN" \
    --argjson booted "$(cat /var/lib/node-booted)" --argjson settings "$(cluster_settings)" --argjson hba "$(hba | jq -R . | jq -s .)" \
    --argjson hosts "$(printf '%s\n' "${ADDRESSES[@]/%/:2379}" | jq -R . | jq -s .)" '
    ({ sslmode: "verify-full", sslrootcert: "\($tls)/ca.crt", sslcert: "\($tls)/node.crt", sslkey: "\($tls)/node.key" }) as $mutual
    | {
      scope: $cluster, namespace: "/service/", name: $name,
      restapi: {
        listen: "\($address):8008", connect_address: "\($address):8008",
        certfile: "\($tls)/node.crt", keyfile: "\($tls)/node.key", cafile: "\($tls)/ca.crt", verify_client: "optional"
      },
      ctl: { insecure: false, certfile: "\($tls)/node.crt", keyfile: "\($tls)/node.key", cacert: "\($tls)/ca.crt" },
      etcd3: { hosts: $hosts, protocol: "https", cacert: "\($tls)/ca.crt", cert: "\($tls)/node.crt", key: "\($tls)/node.key" },
      bootstrap: ({
        dcs: $settings,
        initdb: [{ encoding: "UTF8" }, { "locale-provider": "builtin" }, { "builtin-locale": "C.UTF-8" }, { locale: "C.UTF-8" }, "data-checksums"]
      } + if $restores == "" then {} else { method: "recover", recover: { command: "/opt/first-boot/recover.sh restore", no_params: true } } end),
      postgresql: {
        listen: "\($address):5432", connect_address: "\($address):5432",
        data_dir: $pgdata, bin_dir: $pgbin, pgpass: "/var/lib/postgresql/.pgpass-patroni",
        use_unix_socket: true, use_unix_socket_repl: true,
        authentication: {
          superuser: { username: "postgres" },
          replication: ({ username: "replicator" } + $mutual),
          rewind: ({ username: "rewinder" } + $mutual)
        },
        basebackup: [{ checkpoint: "fast" }, "verbose"],
        recovery_conf: { restore_command: "timeout 10 pgbackrest --stanza=\($cluster) archive-get %f \"%p\"" },
        pg_hba: $hba,
        pg_ident: ["local postgres replicator", "nodes /^node-[0-9]+$ replicator", "nodes /^node-[0-9]+$ rewinder"],
        parameters: {
          unix_socket_directories: "/var/run/postgresql",
          ssl: "on", ssl_cert_file: "\($tls)/node.crt", ssl_key_file: "\($tls)/node.key", ssl_ca_file: "\($tls)/ca.crt", ssl_min_protocol_version: "TLSv1.3"
        }
      },
      watchdog: { mode: "off" },
      tags: { booted: $booted }
    }'
}

if [ "${1:-}" = cluster ]; then
  cluster_settings
else
  test -s /var/lib/node-booted || date +%s > /var/lib/node-booted
  install -d -m 755 -o postgres -g postgres /data/postgresql
  install -d -m 755 /etc/patroni
  # JSON is YAML.
  node_settings > /etc/patroni/config.yml.new
  chmod 640 /etc/patroni/config.yml.new
  chgrp postgres /etc/patroni/config.yml.new
  mv /etc/patroni/config.yml.new /etc/patroni/config.yml
fi
