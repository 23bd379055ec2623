#!/usr/bin/env bash
# Brings the secrets of the cluster into memory. They are never on a disk, in user data or in a list of processes.
. "$(dirname "$0")/lib.sh"

umask 077
# PostgreSQL's own user finds the settings of pgBackRest there, and can't see what else there is.
install -d -m 711 "$SECRETS"

# fetch SECRET FILE
fetch() {
  aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text > "$SECRETS/$2.new" || return 1
  mv "$SECRETS/$2.new" "$SECRETS/$2"
}

# A restore drill has no admin.
[ -z "${ADMIN_SECRET:-}" ] || retry 30 10 fetch "$ADMIN_SECRET" admin.json
retry 30 10 fetch "$CLUSTER_SECRET" cluster.json
"$HERE/pgbackrest.sh" configure
