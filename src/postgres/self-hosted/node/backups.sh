# shellcheck shell=bash
# The commands that the scripts of backups share. Scripts source it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SPOOL=/data/pgbackrest
export SPOOL

# pgbackrest_ ARGUMENT…: as the owner of the data, for the stanza of this cluster.
pgbackrest_() {
  as_postgres pgbackrest --stanza="$CLUSTER" "$@"
}

# printable: of the text of `info`, which has bytes that JSON does not allow where the pass is wrong.
printable() {
  tr '\000-\037\177-\377' '?'
}

# repository: the text of `info`. Its exit code says nothing: it is 0 for a wrong pass too.
repository() {
  pgbackrest_ --output=json --log-level-console=off info | printable
}
