/** A command that a reader types on a node, and what it prints. */
export interface Step {
  readonly where: 'primary' | 'standby';
  readonly command: string;
  readonly output: string;
  /** Tables of members are not compared: they show nodes on their way from one state to another. */
  readonly moving: boolean;
}

/** Two blocks: the command, with the node on which it runs, and its output. */
const STEP = /^(```sh (primary|standby)\n([\s\S]*?)\n```\n+```text( moving)?\n)([\s\S]*?)(\n```)$/gm;

/** Commands of a page, in their order. */
export function readSteps(page: string): Step[] {
  return [...page.matchAll(STEP)].map(([, , where, command, moving, output]) => ({ where: where as Step['where'], command, output, moving: moving !== undefined }));
}

/** The page with other outputs. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  const rest = [...outputs];
  return page.replace(STEP, (_, before: string, ...others: string[]) => `${before}${tidy(rest.shift() ?? '')}${others[4]}`);
}

/** An output as it stands in a page: nothing at the end of lines, no empty lines around. */
function tidy(output: string): string {
  return output.split('\n').map((line) => line.trimEnd()).join('\n').replace(/^\n+|\n+$/g, '');
}

/** What has the same shape on each run: widths, positions in the log, times and numbers are masked; numbers of rows and names of nodes are not. */
export function shapeOf(output: string, moving = false): string[] {
  const lines = tidy(output).split('\n').filter((line) => !moving || !/^[|+]/.test(line));
  return lines.map((line) => line
    .replace(/\b[0-9A-F]+\/[0-9A-F]+\b/g, 'LSN')
    .replace(/\(\d{10,}\)/g, '(N)')
    .replace(/(?<![\w(-])-?\d[\w.:+-]*/g, 'N')
    .replace(/([-.])\1+/g, '$1')
    .replace(/\s+/g, ' ')
    .trim());
}
