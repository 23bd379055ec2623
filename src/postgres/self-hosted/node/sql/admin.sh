#!/usr/bin/env bash
# Makes the admin of the broker, on the primary.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/functions.sh"

is_primary || exit 0
make_admin "$SECRETS/admin.json"
