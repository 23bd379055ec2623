/** Rules that no generated workflow and no script of `.ci/` may break; each takes a text and says where it is broken. */

/** What a shell runs: the scripts of a workflow's steps, or a script file, without comments. */
export function scriptsOf(workflow: string): string[] {
  const blocks = [...workflow.matchAll(/^( *)(?:- )?run: (?:[|>]-?\n((?:\1 .*\n|\n)*)|(.*)$)/gm)];
  return blocks.map(([, , block, line]) => block ?? line.replace(/^(['"])(.*)\1$/, '$2'));
}

/** The jobs of a workflow by their ids, and in each the steps. */
export function jobsOf(workflow: string): Map<string, string> {
  const body = /^jobs:\n((?: .*\n|\n)*)/m.exec(workflow)?.[1] ?? '';
  return new Map(body.split(/^(?= {2}\S)/m).filter((job) => job.trim() !== '').map((job) => [/^ {2}([\w-]+):/.exec(job)?.[1] ?? job, job]));
}

function stepsOf(job: string): string[] {
  return job.split(/^(?= {6}- )/m).slice(1);
}

/** Actions without a commit and the version that it is. */
export function unpinnedActions(workflow: string): string[] {
  return [...workflow.matchAll(/^ *(?:- )?uses: *(.*)$/gm)].map(([, uses]) => uses).filter((uses) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses));
}

/** Checkouts that leave the job's token in the folder's git settings, where each later step can read it. */
export function persistedCredentials(workflow: string): string[] {
  return [...jobsOf(workflow)].flatMap(([id, job]) => stepsOf(job).filter((step) => step.includes('uses: actions/checkout@') && !step.includes('persist-credentials: false')).map(() => id));
}

/** Installations that take the newest of something, or run what a package brings for its installation. */
export function unpinnedInstallations(script: string, commands: string[]): string[] {
  const code = script.replace(/^\s*#.*$/gm, '').replace(/\\\n\s*/g, ' ').replace(/["']/g, '');
  const all = (pattern: RegExp) => [...code.matchAll(pattern)].map(([found]) => found.trim());
  return [
    ...all(/\bnpm (?:install|i|add|update|exec)\b.*/g),
    ...all(/\bnpm ci\b.*/g).filter((found) => !found.includes('--ignore-scripts')),
    ...all(/\b(?:npx|pnpm dlx|yarn dlx|bunx) .*/g).filter((found) => !isOwnCommand(found, commands)),
    ...all(/\bpip3? (?:install|download)\b.*/g).filter((found) => !found.includes('--require-hashes')),
    ...all(/\bgo (?:install|run) +\S.*/g).filter((found) => !/@v\d+\.\d+\.\d+$/.test(found) && !/^go run \.\/?/.test(found)),
    ...all(/\b(?:curl|wget)\b.*\|\s*(?:ba|da)?sh\b.*/g),
  ];
}

/** A command of a locked devDependency, which is there after `npm ci`. */
function isOwnCommand(call: string, commands: string[]): boolean {
  return commands.includes(/^npx (?:--no-install )?([\w@./-]+)/.exec(call)?.[1] ?? '');
}

/** Expressions in scripts: their value becomes part of the script before the shell reads it. */
export function injections(workflow: string): string[] {
  return scriptsOf(workflow).flatMap((script) => script.match(/\$\{\{[^}]*\}\}/g) ?? []);
}

/** Events that run with this repository's secrets for what strangers send. */
export function dangerousEvents(workflow: string): string[] {
  return workflow.match(/^ {2}(?:pull_request_target|workflow_run|issue_comment)\b/gm) ?? [];
}

/** Jobs that may more than read, and those that name nothing. */
export function permissionsOf(workflow: string): { [job: string]: string } {
  return Object.fromEntries([...jobsOf(workflow)].map(([id, job]) => {
    const permissions = /^ {4}permissions:\n((?: {6}.*\n)+)/m.exec(job)?.[1];
    return [id, permissions === undefined ? 'none named' : permissions.replace(/ #.*$/gm, '').trim().split(/\n\s*/).sort().join(', ')];
  }));
}

/** Secrets besides the job's own token. */
export function secretsOf(job: string): string[] {
  return [...job.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name).filter((name) => name !== 'GITHUB_TOKEN');
}
