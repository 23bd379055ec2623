import { join } from 'path';
import { REGION } from './emulator';
import { run, unlessEnding, type ProgramResult } from './process';
import { installFromPypi } from './pypi';

const VERSION = '1.46.3';

/** The real AWS CLI, and a shell that has it, against the emulator: what a page says to type is typed here. */
export class AwsCli {
  public static async install(endpoint: string, directory: string): Promise<AwsCli> {
    return new AwsCli(await installFromPypi('awscli', VERSION), endpoint, directory);
  }

  private constructor(private readonly programs: string, private readonly endpoint: string, private readonly directory: string) {}

  /** Runs one command; the output is JSON where the command answers with anything. */
  public async run(...args: string[]): Promise<ProgramResult> {
    const [program, ...first] = this.command;
    return this.start(program, [...first, ...args]);
  }

  /** Runs lines of bash, as a person would paste them, until one fails. */
  public async script(lines: string, variables: Record<string, string> = {}): Promise<ProgramResult> {
    const aws = `aws() { ${this.command.map((word) => `'${word}'`).join(' ')} "$@"; }`;
    return this.start('bash', ['--norc', '-euo', 'pipefail', '-c', `${aws}\n${lines}`], variables);
  }

  /** A virtual environment that was moved has programs that name the place of its making; and `rds` goes past `AWS_ENDPOINT_URL`. */
  private get command(): string[] {
    return [join(this.programs, 'python'), join(this.programs, 'aws'), '--endpoint-url', this.endpoint];
  }

  private async start(command: string, args: string[], variables: Record<string, string> = {}): Promise<ProgramResult> {
    const result = await run(command, args, {
      cwd: this.directory,
      env: { PATH: process.env.PATH, HOME: this.directory, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_PAGER: '', ...variables },
    });
    await unlessEnding();
    return result;
  }
}
