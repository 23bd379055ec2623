#!/usr/bin/env bash
# Makes the extensions that need a superuser, on the primary. A new database waits for this.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/functions.sh"

is_primary || exit 0
make_extensions
