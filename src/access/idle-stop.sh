#!/bin/sh
# Powers the instance off once nobody has used it for a while. A timer runs it every minute.
#
#   idle-stop SECONDS
#
# Time is the time since boot, so neither a clock that jumps nor a stop and start in between counts as idle time.
# IDLE_STOP_PROCESSES, IDLE_STOP_UPTIME, IDLE_STOP_POWEROFF and IDLE_STOP_STATE are commands and a path for tests.
set -u

LIMIT="${1:-}"
PROCESSES="${IDLE_STOP_PROCESSES:-ps -e -o args=}"
UPTIME="${IDLE_STOP_UPTIME:-cut -d. -f1 /proc/uptime}"
POWEROFF="${IDLE_STOP_POWEROFF:-systemctl poweroff}"
STATE="${IDLE_STOP_STATE:-/run/idle-stop.last-busy}"

# Only the program itself counts, not a command that merely names it: a session of Session Manager, a login by SSH,
# and work that must not be cut off (packages being installed, the first boot's set-up).
BUSY='^([^ ]*/)?ssm-session-worker( |$)|^sshd(-session)?: [^ ]+@|^([^ ]*/python3[^ ]* (-[^ ]+ )*)?[^ ]*/(dnf|dnf-3|dnf5|rpm|cloud-init)( |$)'

# A whole number that every shell can count with: no more than nine digits are thirty years, and one that begins with 0 would be octal.
is_number() {
  case "$1" in
    0) return 0 ;;
    '' | 0* | *[!0-9]* | ??????????*) return 1 ;;
    *) return 0 ;;
  esac
}

fail() {
  echo "idle-stop: $1; the instance stays on" >&2
  exit 1
}

is_number "$LIMIT" || fail "the idle limit must be a number of seconds, got '$LIMIT'"
# The commands are split into words on purpose.
# shellcheck disable=SC2086
now="$($UPTIME)" || fail 'the time since boot cannot be read'
is_number "$now" || fail "the time since boot is not a number: '$now'"
# shellcheck disable=SC2086
processes="$($PROCESSES)" || fail 'the process list cannot be read'
[ -n "$processes" ] || fail 'the process list is empty'

last_busy="$(cat "$STATE" 2>/dev/null)"
if printf '%s\n' "$processes" | grep -Eq "$BUSY"; then
  last_busy="$now"
elif ! is_number "$last_busy" || [ "$last_busy" -gt "$now" ]; then
  # The first look after a boot, or a state that cannot be true: a whole idle period starts here.
  last_busy="$now"
fi
printf '%s\n' "$last_busy" >"$STATE" || fail "'$STATE' cannot be written"

if [ $((now - last_busy)) -ge "$LIMIT" ]; then
  echo "idle-stop: no session for $((now - last_busy)) seconds, powering off"
  # shellcheck disable=SC2086
  $POWEROFF
fi
