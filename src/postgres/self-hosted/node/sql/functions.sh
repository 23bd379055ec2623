# shellcheck shell=bash
# What a superuser makes in PostgreSQL. Whoever sources it has `as_postgres COMMAND…` and `log MESSAGE` of lib.sh, and EXTENSIONS.

SQL=$(dirname "${BASH_SOURCE[0]}")

# superuser DATABASE [OPTION…]: runs the statements of stdin. A database's name may look like a connection string, and its settings are its owner's.
superuser() {
  local database=$1
  shift
  PGDATABASE=$database PGHOST=${PGHOST:-/var/run/postgresql} PGCONNECT_TIMEOUT=5 \
    PGOPTIONS='-c search_path=pg_catalog -c role=none -c default_transaction_read_only=off -c lock_timeout=10s -c statement_timeout=5min -c log_statement=none -c log_min_duration_statement=-1' \
    as_postgres psql -XAtq -v ON_ERROR_STOP=1 "$@" -f -
}

# make_admin FILE: the admin of the broker, by its secret. The password is in no argument and in no statement.
make_admin() {
  local statements
  statements=$(EXTENSIONS=$EXTENSIONS python3 -I "$SQL/verifier.py" < "$1")
  printf '%s\n' "$statements" | cat - "$SQL/admin.sql" | superuser postgres
}

# make_extensions: the extensions that need a superuser, in template1 and in every database. The broker makes databases of template0, and waits for them.
make_extensions() {
  local database
  [ -n "$EXTENSIONS" ] || return 0
  superuser postgres -0 <<< "SELECT datname FROM pg_database WHERE datallowconn AND datname <> 'template0'" | while IFS= read -r -d '' database; do
    { printf "SET self_hosted.extensions = '%s';\n" "$EXTENSIONS" && cat "$SQL/extensions.sql"; } | superuser "$database" || log "No extensions are made in database '$database'."
  done
}
