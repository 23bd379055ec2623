const ANSI = /[\u001b\u009b](?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[[()#;?]*(?:\d{1,4}(?:[;:]\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Space and comments between two words of SQL, also where a program has printed it quoted by Go, with `\n` for a line break. */
const SPACE = '(?:\\s|\\\\[nrt]|/\\*[^*]{0,200}\\*/)';
/** Words whose value is nobody's business. */
const SECRET = '(?:password|passwd|pwd|passphrase|secret|credentials?|(?:api|private|secret)[_-]?key|(?:access|api|auth|session|security)[_-]?token)';
/** Those that SQL writes without a sign before the value. Other programs speak of a secret and then name it. */
const OPTION = '(?:password|passwd|pwd|passphrase|secret\\w{0,20}key)';
/**
 * A literal of SQL: nested in another, escaped, plain, or quoted with dollars. Where it does not end, the rest of the line belongs to it:
 * a log may cut lines.
 */
const LITERAL = "(?:''[^']+''|E'(?:[^'\\\\]|\\\\+[^\\\\]|'')*'|(?:[NBX]|U&)?'(?:[^']|'')*(?:'|$)|\\$(?<tag>(?:[A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*)?)\\$[^]*?(?:\\$\\k<tag>\\$|$))";
/** A string in double quotes, which a program may have quoted once more. */
const STRING = '(?:(?<escape>\\\\+)"[^]*?(?<!\\\\)\\k<escape>"|"(?:[^"\\\\]|\\\\[^])*")';

/** Texts before a secret, and the secret. Lines may have megabytes: each pattern begins at a word that is rare. */
const CREDENTIALS = [
  // password=…, "password": "…", password => '…', PASSWORD '…', SET app.secret TO '…', 'app.secret', '…'
  `(${SECRET}\\w{0,64}\\\\*["']?${SPACE}*(?:=>|:=|[=:])${SPACE}*)('(?:[^'\\\\]|\\\\[^]|'')+'(?!')|${LITERAL}|${STRING}|[^\\s]+)`,
  `(${SECRET}\\w{0,64}(?:${SPACE}+TO\\b${SPACE}*|'${SPACE}*,${SPACE}*))(${LITERAL})`,
  `(${OPTION}\\w{0,64}${SPACE}+)(${LITERAL})`,
  // Without a space the quote may also be the end of a literal, before which the word stands.
  `(${SECRET})(${LITERAL.replaceAll('|$)', ')')})(?!\\w)`,
  `(\\bIDENTIFIED${SPACE}+BY${SPACE}*)(${LITERAL})`,
  `(\\b(?:crypt|pgp_sym_(?:en|de)crypt(?:_bytea)?)${SPACE}*\\(${SPACE}*)(${LITERAL}(?:${SPACE}*,${SPACE}*${LITERAL.replaceAll('tag>', 'tag2>')})?)`,
  // Where the quotes were forgotten, the server refuses the statement.
  `(\\b(?:ROLE|USER|GROUP)\\b[^;]{0,200}?\\bPASSWORD${SPACE}+)((?!NULL\\b)[^\\s;'"$\\\\*/]+)`,
  '(SCRAM-SHA-256\\$)(\\S+)',
  '(-----BEGIN [A-Z ]*PRIVATE KEY-----)([^]*?(?=-----END|$))',
  '(\\b)((?:AKIA|ASIA)[A-Z0-9]{16})\\b',
].map((pattern) => new RegExp(pattern, 'gi'));

const QUOTED = /^(?:[ENBX]|U&)?['"$\\]/i;

/** Where a connection string may be: a word. Its own quotes end it. */
const WORD = /[^\s"'<>]+/g;

/**
 * A log line as people may read it: no colours, no control characters, no credentials.
 *
 * @param found called with each credential that certainly is one, because it is a literal or the password of a role
 */
export function readable(line: string, found: (secret: string) => void = () => undefined): string {
  const plain = line.replace(ANSI, '').replace(/\t/g, ' ').replace(CONTROL, '').trimEnd();
  return CREDENTIALS.reduce((text, pattern) => text.replace(pattern, (_match, before: string, secret: string) => {
    if (QUOTED.test(secret) || /\bPASSWORD\s+$/i.test(before)) found(secret);
    return `${before}***`;
  }), plain.replace(WORD, withoutUser));
}

/** Up to the last @ of the word: a password that nobody encoded may hold one itself. */
function withoutUser(word: string): string {
  const [begin, end] = [word.indexOf('://'), word.lastIndexOf('@')];
  return begin > 0 && end > begin ? `${word.slice(0, begin)}://***${word.slice(end)}` : word;
}
