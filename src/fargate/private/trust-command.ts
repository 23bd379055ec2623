import { CA_FILE } from '../../binding/shared/trust.contract';

/** Environment variables `CA_0`, `CA_1`, … of the container that writes the certificate authorities; each holds PEM text. */
export const CA_VARIABLE_PREFIX = 'CA_';

/** Environment variable that replaces the file to write, where the default cannot be created (tests, demonstrations). */
export const CA_FILE_VARIABLE = 'CA_FILE';

/**
 * POSIX shell text, for `sh -c`, that writes `CA_0`, `CA_1`, … into one file. The file appears whole or not at all, and a
 * task without any certificate fails here with a reason instead of failing later without one.
 */
export const TRUST_COMMAND = [
  'set -eu',
  'umask 022',
  `file="\${${CA_FILE_VARIABLE}:-${CA_FILE}}"`,
  ': > "$file.new"',
  'count=0',
  `while eval "certificate=\\\${${CA_VARIABLE_PREFIX}$count-}"; [ -n "$certificate" ]; do`,
  '  printf \'%s\\n\' "$certificate" >> "$file.new"',
  '  count=$((count + 1))',
  'done',
  `if [ "$count" -eq 0 ]; then echo 'No certificate authority was given in ${CA_VARIABLE_PREFIX}0.' >&2; exit 1; fi`,
  'mv "$file.new" "$file"',
  'echo "Wrote the certificate authorities of $count binding(s) to $file."',
].join('\n');
