import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Language, PostgresClient } from './clients';
import { PROGRAMS } from './clients';
import type { Environment } from './task-environment';

const TIMEOUT_MS = 60_000;

/** As whom and where a client is connected, as its server says. */
export interface Connection {
  readonly database: string;
  readonly user: string;
  readonly ssl: boolean;
}

/** The command of a client, where its language is installed. */
function command({ language, driver }: PostgresClient, folder: string): [string, string[]] {
  const commands: { [each in Language]: [string, string[]] } = {
    node: ['node', [join(folder, PROGRAMS.node), driver]],
    python: [join(folder, 'venv/bin/python'), [join(folder, PROGRAMS.python), driver]],
    go: [join(folder, 'client'), [driver]],
    java: ['java', ['-XX:TieredStopAtLevel=1', '-Dfile.encoding=UTF-8', '-cp', `${folder}:${join(folder, 'driver/*')}`, 'Client', driver]],
    psql: ['sh', [join(folder, PROGRAMS.psql)]],
  };
  return commands[language];
}

/** Runs a client in an environment, and nothing of that of this process but the path to programs. Returns what its server says, or why it gave up. */
export async function connect(client: PostgresClient, folder: string, environment: Environment, home: string): Promise<Connection | string> {
  const [file, args] = command(client, folder);
  return new Promise((resolve) => {
    execFile(file, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: home, ...environment }, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error) {
        resolve(`${error.killed ? 'It hung. ' : ''}${stderr.trim() || error.message}`);
      } else {
        resolve(parsed(stdout));
      }
    });
  });
}

/** Some print more before. */
function parsed(stdout: string): Connection | string {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Connection;
  } catch {
    return `It printed ${stdout}`;
  }
}
