#!/usr/bin/env bash
# What the nodes of the tests run at their first boot.
set -euo pipefail
here=$(dirname "$0")
# shellcheck source=test/compute/scripts/lib/greet.sh
. "$here/lib/greet.sh"
greet "$(sed -n 's/^NODE=//p' "$1")" > "$here/greeting"
