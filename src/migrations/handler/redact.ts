const ANSI = /[\u001b\u009b](?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[[()#;?]*(?:\d{1,4}(?:[;:]\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const SECRETS: [RegExp, string][] = [
  // Up to the last @ of the word: a password that nobody encoded may hold one itself.
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]*@/gi, '$1***@'],
  [/((?:password|passwd|pwd|secret|(?:access|api|auth|session|security)[_-]?token)\w*["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.|'')*'|\S+)/gi, '$1***'],
  [/(password\s+)'(?:[^']|'')*'/gi, '$1***'],
  [/SCRAM-SHA-256\$\S+/g, 'SCRAM-SHA-256$***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '***'],
];

/** A log line as people may read it in CloudFormation: no colours, no control characters, no credentials. */
export function readable(line: string): string {
  const plain = line.replace(ANSI, '').replace(/\t/g, ' ').replace(CONTROL, '').trimEnd();
  return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), plain);
}
