import { parseDockerfile, syntaxImage, type Instruction, type Stage } from '../deploy/ecs/dockerfile';

const PINNED = /^[a-z0-9][\w.:/-]*:[\w][\w.-]*@sha256:[0-9a-f]{64}$/;
const NUMERIC_USER = /^[1-9]\d*(:[1-9]\d*)?$/;
const REMOTE = /^(https?|ftp|git|ssh):\/\/|^git@|\.git(#|$)/;

/** What a shell command must not do, and what must stand beside it where it may. */
const COMMANDS: { readonly problem: string; readonly found: RegExp; readonly unless?: RegExp }[] = [
  { problem: 'gives a download to an interpreter', found: /\b(curl|wget)\b[^\n;&]*\|[^\n;&]*\b(sh|bash|dash|ash|zsh|python3?|node|perl|ruby)\b|\b(sh|bash|eval)\b[^\n;&]*[$<]\(\s*(curl|wget)\b/ },
  { problem: 'uses a download without comparing its checksum', found: /\b(curl|wget)\b/, unless: /\bsha(256|512)sum\b[^\n;&]*(\s-c\b|\s--check\b)/ },
  { problem: 'installs from npm without a lock file; use `npm ci`', found: /\b(npm|pnpm|yarn)\b[^\n;&|]*\s(i|install|add|update|upgrade|exec|dlx)(?![\w-])|\bnpx\s/, unless: /\b(pnpm|yarn)\s+install\b[^\n;&|]*--(frozen-lockfile|immutable)\b/ },
  { problem: 'installs Python packages without hashes', found: /\bpip3?\s+install\b/, unless: /--require-hashes\b/ },
  { problem: 'installs a Go program without an exact version', found: /\bgo\s+(install|run|get)\b[^\n;&|]*@(?!v[\d$])/ },
  { problem: 'turns verification off', found: /--(insecure|no-check-certificate|allow-unauthenticated|no-gpg-check|trusted-host)\b|\bcurl\b[^\n;&|]*\s-\w*k|strict-ssl[ =]false|NODE_TLS_REJECT_UNAUTHORIZED/ },
];

/** Settings that keep Go from its checksum database. */
const UNVERIFIED_GO = /\bGO(SUMDB|NOSUMDB|NOSUMCHECK|INSECURE|PRIVATE)\b|\bGOFLAGS=\S*insecure/;

/** What is wrong with a Dockerfile: what can change under the same name, what needs emulation, what runs as root. */
export function dockerfileProblems(file: string, content: string): string[] {
  const stages = parseDockerfile(content);
  return [
    ...imagesOf(content).flatMap(imageProblems),
    ...stages.flatMap((stage, index) => [...platformProblems(stages, index), ...stage.instructions.flatMap(instructionProblems), ...userProblems(stages, index)]),
  ].map((problem) => `${file}: ${problem}`);
}

/** Images that a Dockerfile takes from elsewhere: bases, sources of copies and mounts, and the image that reads it. */
export function imagesOf(content: string): string[] {
  const stages = parseDockerfile(content);
  const syntax = syntaxImage(content);
  const taken = stages.flatMap((stage, index) => {
    const isStage = (name: string) => stageNamed(stages.slice(0, index), name) !== undefined || /^\d+$/.test(name);
    return [stage.from, ...stage.instructions.flatMap(sourcesOf)].filter((name) => name !== 'scratch' && !isStage(name));
  });
  return [...new Set([...(syntax === undefined ? [] : [syntax]), ...taken])];
}

function sourcesOf({ name, options }: Instruction): string[] {
  if (name === 'RUN') return [...(options.mount ?? '').matchAll(/(?:^|[\s,])from=([^\s,]+)/g)].map(([, from]) => from);
  return options.from === undefined ? [] : [options.from];
}

function imageProblems(image: string): string[] {
  if (/:latest(@|$)/.test(image)) return [`${image} has the tag 'latest'`];
  return PINNED.test(image) ? [] : [`${image} is not pinned by tag and digest`];
}

/** What RUN starts are programs of the stage, so the stage must have the platform of the machine that builds. */
function platformProblems(stages: readonly Stage[], index: number): string[] {
  const stage = stages[index];
  const parent = stageNamed(stages.slice(0, index), stage.from);
  if (stage.platform !== undefined && !isBuild(stage.platform) && !isTarget(stage.platform)) return [`the stage ${stage.name} is for the platform ${stage.platform} whatever is asked for`];
  const runs = !isNative(stages, index) && stage.instructions.some(({ name }) => name === 'RUN');
  const follows = parent === undefined && stage.platform === undefined && stages.slice(0, index).some(({ platform }) => isBuild(platform));
  return [
    ...(runs ? [`the stage ${stage.name} runs programs for another platform than $BUILDPLATFORM, which needs emulation`] : []),
    ...(follows ? [`the stage ${stage.name} follows one on $BUILDPLATFORM without --platform=$TARGETPLATFORM, which Podman builds for the wrong platform`] : []),
  ];
}

function isNative(stages: readonly Stage[], index: number): boolean {
  const parent = stages.slice(0, index).findIndex(({ name }) => name.toLowerCase() === stages[index].from.toLowerCase());
  // A stage has the platform of the stage it starts from, whatever it says itself.
  return parent < 0 ? isBuild(stages[index].platform) : isNative(stages, parent);
}

function isBuild(platform?: string): boolean {
  return /^\$(BUILDPLATFORM|\{BUILDPLATFORM\})$/.test(platform ?? '');
}

function isTarget(platform: string): boolean {
  return /^\$(TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform);
}

function instructionProblems({ name, text, options }: Instruction): string[] {
  const line = `${name} ${text.replace(/\s+/g, ' ').slice(0, 60)}`;
  if (name === 'ONBUILD') return [`'${line}' acts in other Dockerfiles, where nobody reads it`];
  if (name === 'ADD') return addProblems(text, options).map((problem) => `'${line}' ${problem}`);
  const problems = name === 'RUN' ? COMMANDS.filter(({ found, unless }) => found.test(text) && !unless?.test(text)).map(({ problem }) => problem) : [];
  const settings = ['RUN', 'ENV', 'ARG'].includes(name) && UNVERIFIED_GO.test(text) ? ['keeps Go from its checksum database'] : [];
  return [...problems, ...settings].map((problem) => `'${line}' ${problem}`);
}

function addProblems(text: string, { checksum = '' }: Readonly<Record<string, string>>): string[] {
  const remote = text.split(/\s+/).slice(0, -1).filter((source) => REMOTE.test(source.replace(/^["[]+/, '')));
  const pinned = (source: string) => /^sha256:[0-9a-f]{64}$/.test(checksum) || /\.git#[0-9a-f]{40}$/.test(source);
  return remote.filter((source) => !pinned(source)).map((source) => `adds ${source} without a checksum`);
}

/** Stages that another starts from or copies from are no images of their own. A stage has the user of its base. */
function userProblems(stages: readonly Stage[], index: number): string[] {
  const stage = stages[index];
  const isUsed = stages.some(({ from, instructions }) => sameName(from, stage) || instructions.some((instruction) => sourcesOf(instruction).some((source) => sameName(source, stage) || source === String(index))));
  const user = userOf(stages, index);
  return isUsed || NUMERIC_USER.test(user ?? '') ? [] : [`the stage ${stage.name} runs as ${user ?? 'root'}, not as a user by number`];
}

function userOf(stages: readonly Stage[], index: number): string | undefined {
  const own = stages[index].instructions.filter(({ name }) => name === 'USER').at(-1)?.text;
  const parent = stages.slice(0, index).findIndex((stage) => sameName(stages[index].from, stage));
  return own ?? (parent < 0 ? undefined : userOf(stages, parent));
}

function stageNamed(stages: readonly Stage[], name: string): Stage | undefined {
  return stages.find((stage) => sameName(name, stage));
}

function sameName(name: string, stage: Stage): boolean {
  return stage.name.toLowerCase() === name.toLowerCase();
}
