import type { ChildProcess } from 'child_process';
import { readFileSync } from 'fs';
import { join } from 'path';
import { DSN, type Clients } from './clients';
import { longestStall, lostRows, readLog, type Acknowledgement } from './judge';
import { sql, until } from '../lab/cluster';
import type { Host } from '../lab/host';

const SCRIPT = readFileSync(join(__dirname, 'writer.py'), 'utf8');

/** How a writer comes to the primary. */
export type Way = 'direct' | 'balancer' | 'inside';

/** Writers of each way outside the hosts. */
const WRITERS = 4;

interface Writer {
  readonly name: string;
  readonly way: Way;
  readonly log: string;
  readonly child: ChildProcess;
}

/** What was acknowledged, and what of it is not stored. */
export interface Verdict {
  readonly acknowledged: number;
  readonly lost: number;
}

/** Processes that write all the time, and what they were told. */
export class Writers {
  /** Starts writers by all addresses, writers through the balancer, and one in a host that writes to its own server. */
  public static async start(clients: Clients, folder: string, label: string, inside: Host): Promise<Writers> {
    const command = (name: string, dsn: string) => ['python3', '-c', SCRIPT, name, dsn];
    const file = (name: string) => join(folder, `${name}.acknowledged`);
    const outside = (['direct', 'balancer'] as const).flatMap((way) => Array.from({ length: WRITERS }, (_, index): Writer => {
      const name = `${label}-${way}-${index + 1}`;
      return { name, way, log: file(name), child: clients.start(command(name, DSN[way]), file(name), join(folder, `${name}.errors`)) };
    }));
    const name = `${label}-inside`;
    const own: Writer = { name, way: 'inside', log: file(name), child: inside.spawn(command(name, DSN.inside(inside.address)), file(name), join(folder, `${name}.errors`)) };
    const writers = new Writers([...outside, own]);
    await until('every writer has an acknowledgement', () => Promise.resolve(writers.all.every((writer) => read(writer).length > 10)), 30);
    return writers;
  }

  private constructor(private readonly all: Writer[]) {}

  public async stop(): Promise<void> {
    const ended = this.all.filter(({ child }) => child.exitCode === null && child.signalCode === null).map(({ child }) => new Promise((done) => child.once('close', done)));
    this.all.forEach(({ child }) => child.kill('SIGKILL'));
    await Promise.all(ended);
  }

  /** Longest stall of the writers of a way, in seconds: the worst of them counts. */
  public stall(way: Way, from: number, to: number): number {
    return Math.max(...this.all.filter((writer) => writer.way === way).map((writer) => longestStall(read(writer), from, to))) / 1000;
  }

  /** Compares what was acknowledged with what the primary has now. */
  public async judge(primary: Host): Promise<Verdict> {
    const verdicts = await Promise.all(this.all.map(async (writer) => {
      const { code, output } = await sql(primary, 'lab', `SELECT number FROM lab.writes WHERE writer = '${writer.name}'`);
      if (code !== 0) throw new Error(`What is stored of ${writer.name} can't be read: ${output}`);
      const acknowledged = read(writer);
      return { acknowledged: acknowledged.length, lost: lostRows(acknowledged, new Set(output.split('\n').filter((line) => line !== '').map(Number))).length };
    }));
    return { acknowledged: sum(verdicts.map(({ acknowledged }) => acknowledged)), lost: sum(verdicts.map(({ lost }) => lost)) };
  }

  /** Acknowledgements of a way between two times. */
  public count(way: Way, from: number, to: number): number {
    return sum(this.all.filter((writer) => writer.way === way).map((writer) => read(writer).filter(({ at }) => at > from && at < to).length));
  }
}

function read({ log }: Writer): Acknowledgement[] {
  return readLog(readFileSync(log, { encoding: 'utf8', flag: 'a+' }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
