# shellcheck shell=bash
# The commands that the scripts of backups share. Scripts source it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SPOOL=/data/pgbackrest
export SPOOL

# pgbackrest_ ARGUMENT…: as the owner of the data, for the stanza of this cluster.
pgbackrest_() {
  as_postgres pgbackrest --stanza="$CLUSTER" "$@"
}

# repository: the text of `info`. Its exit code says nothing: it is 0 for a wrong pass too, with bytes in the text that JSON does not allow.
repository() {
  pgbackrest_ --output=json --log-level-console=off info | tr '\000-\037\177-\377' '?'
}
