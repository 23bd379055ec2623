import { readable } from '../../../fargate/handler/redact';

/** Shorter ones would blank out ordinary words. */
const SHORTEST = 6;
const MOST = 100;
/** Lines that are longer lose their middle: a log splits them, and a password at the seam could be told from neither part. */
const LONGEST_LINE = 16_000;

/** Takes secrets, credentials and colours out of lines. Credentials that it has seen once are blanked wherever they come again, such as in the error of the server. */
export class Redactor {
  private readonly known: readonly string[];
  private readonly found = new Set<string>();

  constructor(secrets: readonly string[]) {
    this.known = secrets.filter((secret) => secret !== '').flatMap(formsOf);
  }

  public redact(line: string): string {
    const text = readable(blank(line, this.known), (secret) => this.add(secret));
    return shorten(blank(text, [...this.found]));
  }

  /** Reads credentials from a text that is not printed itself. */
  public learn(text: string): void {
    readable(text, (secret) => this.add(secret));
  }

  private add(secret: string) {
    const value = secret.replace(/^(?:[ENBX]|U&)?['"\\]+|^\$\w*\$|['"\\]+$|\$\w*\$$/gi, '');
    if (value.length >= SHORTEST && this.found.size < MOST && !value.includes('***')) this.found.add(value);
  }
}

/** The start and the end of a text, the end being the longer part: programs print the reason last. */
export function shorten(text: string, longest = LONGEST_LINE): string {
  if (text.length <= longest) return text;
  const start = Math.floor(longest / 4);
  const end = longest - start;
  return `${text.slice(0, start)} … ${text.length - longest} characters left out … ${text.slice(-end)}`;
}

function blank(line: string, secrets: readonly string[]): string {
  return [...secrets].sort((left, right) => right.length - left.length).reduce((text, secret) => text.split(secret).join('***'), line);
}

/** Ways in which programs print a secret: as it is, in a URL, and quoted by Go, JSON, SQL and libpq. */
function formsOf(secret: string): string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [...new Set([
    secret, encodeURIComponent(secret), encodeURI(secret), encodeURIComponent(secret).replace(/%20/g, '+'), quoted,
    secret.replace(/'/g, "''"), secret.replace(/([\\'])/g, '\\$1'),
  ])];
}
