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
  /** An image, or the name of a stage before it. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile, as far as those of this repository use the language. */
export function parseDockerfile(content: string): Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of logicalLines(content)) {
    const instruction = parseInstruction(line);
    if (instruction.name === 'FROM') {
      const [, from, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.text) ?? [];
      if (from === undefined) throw new Error(`The line '${line}' of a Dockerfile is not understood here.`);
      stages.push({ name: name ?? String(stages.length), from, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages;
}

function logicalLines(content: string): string[] {
  const lines = content.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return lines.join('\n').replace(/\\\n/g, ' ').split('\n').map((line) => line.trim());
}

function parseInstruction(line: string): Instruction {
  const [, name, rest] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
  if (name === undefined) throw new Error(`The line '${line}' of a Dockerfile is not understood here.`);
  const options: Record<string, string> = {};
  const text = rest.replace(/^(--([a-z]+)=(\S+)\s+)+/, (all) => {
    for (const [, key, value] of all.matchAll(/--([a-z]+)=(\S+)/g)) options[key] = value;
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
