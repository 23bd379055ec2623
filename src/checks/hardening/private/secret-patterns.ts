/** Forms that secrets of well-known issuers have, by what they are. */
const FORMATS: readonly (readonly [string, RegExp])[] = [
  ['an AWS access key', /\b(AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a GitHub token', /\b(gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})/],
  ['a GitLab token', /\bglpat-[\w-]{20}/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{16,}/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ['a Google API key', /\bAIza[\w-]{35}/],
  ['a SendGrid key', /\bSG\.[\w-]{22}\.[\w-]{43}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}/],
  ['an API key of a language model', /\bsk-(ant|proj)-[\w-]{20,}/],
  ['a signed token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ['a private key', /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/],
];

const QUICK_HINT = /AKIA|ASIA|gh[oprsu]_|github_pat_|glpat-|k_live_|xox|AIza|SG\.|npm_|sk-|eyJ|PRIVATE KEY|:\/\//;

/** A password in a URL; a variable that a shell or an application fills in is none. */
const URL_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@'"]*:([^\s@/'"]+)@/i;

/** Names that end like something secret, as environment variables and properties are named. */
const SECRET_NAME = new RegExp(`(${[
  '(^|[_.\\-a-z0-9])(passwords?|passwd|passphrase|pwd|secrets?|tokens?)',
  '(^|[_.\\-a-z0-9])(api|private|secret|access|signing|encryption)_?keys?',
  '(^|_)pass',
].join('|')})$`, 'i');

/** Properties of CloudFormation that end like something secret, and are none. */
const HARMLESS_NAMES = /^(ServiceToken|NextToken|HttpTokens|ClientRequestToken|ClientToken|EncryptionKey)$/;

/** What kind of secret a text holds, by its form. */
export function secretIn(text: string): string | undefined {
  if (!QUICK_HINT.test(text)) {
    return undefined;
  }
  const password = URL_PASSWORD.exec(text)?.[1];
  if (password !== undefined && !/^[$<{%\u0001]/.test(password)) {
    return 'a URL with a password';
  }
  return FORMATS.find(([, form]) => form.test(text))?.[0];
}

/** Whether something of this name is a secret, and not where a secret is found: `DB_PASSWORD`, not `DB_SECRET_ARN`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAMES.test(name);
}

/** Whether a value under such a name can be a secret at all. */
export function canBeSecret(name: string, value: string): boolean {
  const harmless = value === '' || /^(true|false|none|null|arn:.*|alias\/.*)$/i.test(value) || /^\{\{resolve:/.test(value);
  return !harmless && (!/^\d+$/.test(value) || /pass|pwd/i.test(name));
}

/** Whether a text looks like random characters, as keys and tokens do; names that the CDK makes end with a hash in capitals. */
export function looksRandom(text: string): boolean {
  const start = text.replace(/[0-9A-F]{8,}$/, '');
  const mixed = /\d.*\d.*\d/.test(start) && /[a-z]/.test(start) && /[A-Z]/.test(start);
  return mixed && /^[\w+/=-]{32,}$/.test(text) && !/^[0-9a-f-]+$/i.test(text) && bitsPerCharacter(text) > 4.3;
}

function bitsPerCharacter(text: string): number {
  const counts = [...text].reduce((sums, each) => sums.set(each, (sums.get(each) ?? 0) + 1), new Map<string, number>());
  return [...counts.values()].reduce((bits, count) => bits - (count / text.length) * Math.log2(count / text.length), 0);
}
