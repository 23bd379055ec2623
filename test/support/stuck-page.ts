import { readFileSync } from 'fs';
import * as path from 'path';

/** A section of docs/stuck.md. */
export interface StuckSection {
  readonly title: string;
  readonly text: string;
  /** Its blocks of shell commands. */
  readonly scripts: string[];
}

const PAGE = path.join(__dirname, '..', '..', 'docs', 'stuck.md');

/** The sections of docs/stuck.md, in their order; the first has the title of the page. */
export function stuckSections(): StuckSection[] {
  return readFileSync(PAGE, 'utf8').split(/^#+ (?=\S)/m).slice(1).map((part) => {
    const [title, ...lines] = part.split('\n');
    const text = lines.join('\n');
    return { title, text, scripts: [...text.matchAll(/^```bash\n([^]*?)^```$/gm)].map(([, script]) => script) };
  });
}

/** The section with this title. */
export function stuckSection(title: string): StuckSection {
  const found = stuckSections().find((section) => section.title === title);
  if (found === undefined) throw new Error(`docs/stuck.md has no section '${title}'.`);
  return found;
}

/** How GitHub names the anchor of a heading. */
export function anchorOf(title: string): string {
  return title.toLowerCase().replace(/[^\w -]/g, '').replace(/ /g, '-');
}
