/** Colours and cursor movements. */
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
const URL_USER = /\b(postgres(?:ql)?:\/\/)[^\s@/]*@/gi;
const KEYWORD = /\b(password|pgpassword)(\s*[=:]\s*)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)/gi;

/** Makes a function that takes secrets, user parts of connection strings and colours out of a line. */
export function redactor(secrets: readonly string[]): (line: string) => string {
  const forms = secrets.filter((secret) => secret !== '').flatMap(formsOf).sort((left, right) => right.length - left.length);
  return (line) => {
    const plain = forms.reduce((text, form) => text.split(form).join('***'), line.replace(ANSI, ''));
    return plain.replace(URL_USER, '$1***@').replace(KEYWORD, '$1$2***');
  };
}

/** Ways in which programs print a secret: as it is, in a URL, and quoted by Go, JSON, SQL and libpq. */
function formsOf(secret: string): string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [...new Set([
    secret, encodeURIComponent(secret), encodeURI(secret), encodeURIComponent(secret).replace(/%20/g, '+'), quoted,
    secret.replace(/'/g, "''"), secret.replace(/([\\'])/g, '\\$1'),
  ])];
}
