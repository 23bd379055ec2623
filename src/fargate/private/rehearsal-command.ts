/** Environment of the container that decides about a rehearsal. */
export const RehearsalVariable = {
  /** `http`, `port`, `time` or `health`: what tells whether the service is healthy. */
  CHECK: 'REHEARSAL_CHECK',
  PORT: 'REHEARSAL_PORT',
  PATH: 'REHEARSAL_PATH',
  /** Seconds that the service has. */
  TIMEOUT: 'REHEARSAL_TIMEOUT',
  /** Seconds for which the port must stay open, or the container must run. */
  STABLE: 'REHEARSAL_STABLE',
} as const;

/** Addresses of /proc/net/tcp and tcp6 that only the task itself reaches: 127.0.0.1, ::1, and 127.0.0.1 in IPv6. */
const LOOPBACK = '^(0100007F|00000000000000000000000001000000|0000000000000000FFFF00000100007F):';

/**
 * POSIX shell text, for `sh -c` of the small image, that ends with 0 once the service is healthy. Its last line says why it ended, as a part of
 * a sentence. All containers of a task share 127.0.0.1.
 */
export const REHEARSAL_COMMAND = [
  'set -u',
  // The first process of a container has no default for signals.
  'sleeping=',
  'trap \'kill $sleeping 2>/dev/null; exit 143\' TERM INT',
  'nap() { sleep "$1" & sleeping=$!; wait $sleeping; }',
  'begun=$(date +%s)',
  'spent() { echo $(($(date +%s) - begun)); }',
  'port=${REHEARSAL_PORT:-}',
  // The status of the answer itself, whatever it redirects to.
  'status() { timeout 10 wget -S -U ELB-HealthChecker/2.0 -O /dev/null "http://127.0.0.1:$port$REHEARSAL_PATH" 2>&1 | sed -n \'s/^ *HTTP\\/[0-9.]* *\\([0-9][0-9][0-9]\\).*/\\1/p\' | head -n 1; }',
  'listeners() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$(printf %04X "$port")" \'$4 == "0A" && substr($2, length($2) - 4) == port { print $2 }\'; }',
  'succeed() {',
  `  if [ -n "$port" ] && [ -n "$(listeners)" ] && ! listeners | grep -qvE '${LOOPBACK}'; then`,
  '    echo "the service listens on port $port of 127.0.0.1 only, where neither a load balancer nor another task reaches it, so it has to listen on 0.0.0.0"; exit 1',
  '  fi',
  '  echo "$1 after $(spent) seconds"; exit 0',
  '}',
  'case $REHEARSAL_CHECK in',
  '  health) succeed "the health check of the container succeeded" ;;',
  '  time) nap "$REHEARSAL_STABLE"; succeed "the containers were still running" ;;',
  'esac',
  'good=0',
  'seen=nothing',
  'while [ "$(spent)" -lt "$REHEARSAL_TIMEOUT" ]; do',
  '  if [ "$REHEARSAL_CHECK" = http ]; then',
  '    code=$(status)',
  '    seen="${code:-nothing}"',
  '    case $code in 2*) good=$((good + 1)) ;; *) good=0 ;; esac',
  '    [ "$good" -lt 2 ] || succeed "GET $REHEARSAL_PATH on port $port answered $code"',
  '    nap 2',
  '  else',
  '    if [ -n "$(listeners)" ]; then good=$((good + 1)); else good=0; fi',
  '    [ "$good" -le "$REHEARSAL_STABLE" ] || succeed "port $port stayed open"',
  '    nap 1',
  '  fi',
  'done',
  'if [ "$REHEARSAL_CHECK" = http ]; then',
  '  echo "GET $REHEARSAL_PATH on port $port answered $seen, and not 200 to 299 twice, within $REHEARSAL_TIMEOUT seconds"',
  'else',
  '  echo "port $port was not open for $REHEARSAL_STABLE seconds within $REHEARSAL_TIMEOUT seconds"',
  'fi',
  'exit 1',
].join('\n');
