/** An instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string;
  /** What follows the name, and options before it such as `--from=build`. */
  readonly text: string;
  readonly options: Readonly<Record<string, string>>;
}

/** A stage of a Dockerfile. */
export interface Stage {
  readonly name: string;
  /** Option `--platform`. */
  readonly platform?: string;
  /** An image, or the name of a stage before it. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile, as far as those of this repository use the language. */
export function parseDockerfile(content: string): Stage[] {
  if (/^#\s*escape\s*=/im.test(content)) throw new Error('A Dockerfile with another escape character is not understood here.');
  const stages: { name: string; from: string; platform?: string; instructions: Instruction[] }[] = [];
  for (const line of logicalLines(content)) {
    const instruction = parseInstruction(line);
    if (instruction.name === 'FROM') {
      const [, from, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.text) ?? [];
      if (from === undefined) throw new Error(`The line '${line}' of a Dockerfile is not understood here.`);
      stages.push({ name: name ?? String(stages.length), from, platform: instruction.options.platform, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages;
}

/** The image that reads a Dockerfile, where it names one. */
export function syntaxImage(content: string): string | undefined {
  return /^(?:#.*\n)*#\s*syntax\s*=\s*(\S+)/i.exec(content)?.[1];
}

/** Instructions, each with its continuation lines and here-documents. */
function logicalLines(content: string): string[] {
  const rest = content.split(/\r?\n/);
  const logical: string[] = [];
  let open = '';
  while (rest.length > 0) {
    const line = rest.shift() ?? '';
    // Comments and blank lines end no instruction.
    if (/^\s*(#|$)/.test(line)) continue;
    open += line.replace(/\\\s*$/, ' ');
    if (/\\\s*$/.test(line)) continue;
    logical.push([open.trim(), ...hereDocuments(open, rest)].join('\n'));
    open = '';
  }
  return open.trim() === '' ? logical : [...logical, open.trim()];
}

/** Takes the lines of here-documents that an instruction opens from those after it. */
function hereDocuments(line: string, rest: string[]): string[] {
  const words = /^\s*(RUN|COPY|ADD)\s/i.test(line) ? [...line.matchAll(/\s\d?<<-?(["']?)(\w+)\1/g)].map(([, , word]) => word) : [];
  return words.flatMap((word) => {
    const end = rest.findIndex((candidate) => candidate.replace(/^\t+/, '') === word);
    if (end < 0) throw new Error(`The here-document '${word}' of a Dockerfile has no end.`);
    return rest.splice(0, end + 1);
  });
}

function parseInstruction(line: string): Instruction {
  const [, name, rest] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
  if (name === undefined) throw new Error(`The line '${line}' of a Dockerfile is not understood here.`);
  const options: Record<string, string> = {};
  const text = rest.replace(/^(--[a-z-]+(=\S+)?\s+)+/, (all) => {
    for (const [, key, value = 'true'] of all.matchAll(/--([a-z-]+)(?:=(\S+))?/g)) options[key] = key in options ? `${options[key]} ${value}` : value;
    return '';
  });
  return { name: name.toUpperCase(), text: text.trim(), options };
}

/** `KEY=value KEY="value"`, or `KEY value` as it was once written. */
export function parsePairs(text: string): [string, string][] {
  if (!/^\w+=/.test(text)) return [[text.split(/\s+/)[0], text.replace(/^\S+\s*/, '')]];
  return [...text.matchAll(/(\w+)=("[^"]*"|\S*)/g)].map(([, key, value]) => [key, value.replace(/^"|"$/g, '')]);
}

/** The list of a JSON form; the shell form runs in a shell. */
export function parseCommand(text: string): string[] {
  return text.startsWith('[') ? JSON.parse(text) as string[] : ['/bin/sh', '-c', text];
}

/** Puts values in the place of `$NAME` and `${NAME}`. */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => values[braced ?? plain ?? ''] ?? '');
}
