import { spawnSync } from 'child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';

/** How a first boot ended, below a directory that stands for the disk of the instance. */
export interface Boot {
  readonly status: number | null;
  readonly output: string;
  /** Commands that ran, with their arguments. */
  readonly log: string[];
  /** What was sent to CloudFormation. */
  readonly signals: string[];
  readonly root: string;
}

export interface BootOptions {
  readonly script: string;
  /** Commands that do not run here, with the bash that they run instead. They note how they were called. */
  readonly commands: Readonly<Record<string, string>>;
  /** Which calls fail. */
  readonly failing?: RegExp;
  /** Files that are there before. */
  readonly files?: Readonly<Record<string, string>>;
}

/** User data with references as CloudFormation resolves them: to `value` where a template has the reference itself as its only key. */
export function resolvedText(data: unknown, value: (reference: Readonly<Record<string, unknown>>) => string): string {
  if (typeof data === 'string') {
    return data;
  }
  const { 'Fn::Join': joined, ...reference } = data as { 'Fn::Join'?: [string, unknown[]] };
  return joined === undefined ? value(reference) : joined[1].map((part) => resolvedText(part, value)).join(joined[0]);
}

/** The disk of an instance: paths of a script as they are below the root of a boot. */
export function belowRoot(script: string, root: string): string {
  return script.replace(/(?<![\w.}])\/(etc|swapfile|var|opt|data|usr\/local|dev\/console|dev\/disk)\b/g, `${root}/$1`);
}

/** Runs a script below a directory, with commands that note how they were called, and fail where they are told to. */
export function boot({ script, commands, failing, files = {} }: BootOptions, use: (boot: Boot) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'first-boot-'));
  try {
    ['bin', 'etc/systemd/system', 'etc/sysctl.d', 'etc/apt/apt.conf.d', 'var/log', 'opt/aws/bin', 'usr/local/sbin', 'dev/disk/by-id'].forEach((path) => mkdirSync(join(root, path), { recursive: true }));
    const all = { 'swapfile': '', 'var/log/cloud-init-output.log': 'Error: "No package\n', 'var/lib/cloud/data/instance-id': 'i-0123456789abcdef0\n', ...files };
    Object.entries(all).forEach(([path, text]) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    });
    const stub = (path: string, body: string) => {
      writeFileSync(join(root, path), `#!/bin/bash\nROOT='${root}'\nline="$(basename "$0") $*"\necho "$line" >> '${root}/log'\n${body}\n`);
      chmodSync(join(root, path), 0o755);
    };
    const fail = failing === undefined ? '' : `[[ "$line" =~ ${failing.source.replace(/[ /]/g, '\\$&')} ]] && exit 3`;
    Object.entries({ sleep: 'exit 0', ...commands }).forEach(([name, body]) => stub(`bin/${name}`, `${fail}\n${body}`));
    stub('opt/aws/bin/cfn-signal', `printf '%s\\n' "$*" >> '${root}/signals'`);
    const { status, stdout, stderr } = spawnSync('bash', ['-c', belowRoot(script, root)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: `${join(root, 'bin')}:${process.env.PATH}` } });
    const lines = (name: string) => (existsSync(join(root, name)) ? readFileSync(join(root, name), 'utf8').trim().split('\n') : []);
    use({ status, output: stdout + stderr, log: lines('log'), signals: lines('signals'), root });
  } finally {
    rmSync(root, { recursive: true });
  }
}
