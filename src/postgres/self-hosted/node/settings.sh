#!/usr/bin/env bash
# Makes on the primary what only a superuser can: the admin of the broker, extensions, the stanza of the backups. A timer does so again on every node.
. "$(dirname "$0")/lib.sh"

is_primary || exit 0

# A first node would wait for a second one before there is any; from then on no write is acknowledged that only one node has.
be_strict() {
  peers_take_part || return 0
  rest "$ADDRESS" /config -f | jq -e '.synchronous_mode_strict == true' > /dev/null && return
  rest "$ADDRESS" /config -f -o /dev/null -X PATCH -H 'content-type: application/json' -d '{"synchronous_mode_strict": true}'
}

if [ "$STRICT" = on ] && [ "${#PEERS[@]}" -gt 0 ]; then
  be_strict
fi
"$HERE/sql/admin.sh"
"$HERE/sql/extensions.sh"
"$HERE/pgbackrest.sh" stanza
