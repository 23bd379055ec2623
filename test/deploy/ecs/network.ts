import { spawn, type ChildProcess } from 'child_process';
import { connect, createServer, type Server } from 'net';
import * as path from 'path';

/** Something outside that tasks may reach. */
export interface Endpoint {
  /** Name that the tasks know it by; that of the task itself is `localhost`. */
  readonly host: string;
  /** Port at that name. */
  readonly port: number;
  /** Port on 127.0.0.1 outside, where it really listens. */
  readonly target: number;
}

/** An address in a task's namespace that leads outside. */
interface Door {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly socket: string;
}

/** Ways out of the tasks' networks: nothing else is reachable from there. */
export class Outside {
  private readonly doors: Door[] = [];
  private readonly servers: Server[] = [];

  /** @param directory folder for sockets */
  constructor(private readonly directory: string) {}

  public async add({ host, port, target }: Endpoint): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const inside = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true });
      client.pipe(inside).pipe(client);
      inside.once('error', () => client.destroy());
      client.once('error', () => inside.destroy());
    });
    const number = this.doors.length + 1;
    const socket = path.join(this.directory, `${number}.sock`);
    await new Promise<void>((done, failed) => server.once('error', failed).listen(socket, done));
    server.unref();
    this.servers.push(server);
    this.doors.push({ host, address: host === 'localhost' ? '127.0.0.1' : `127.1.0.${number}`, port, socket });
  }

  public get all(): readonly Door[] {
    return this.doors;
  }

  /** The tasks' `/etc/hosts`. */
  public hostsFile(): string {
    return ['127.0.0.1 localhost', ...this.doors.filter(({ host }) => host !== 'localhost').map(({ address, host }) => `${address} ${host}`), ''].join('\n');
  }

  public close(): void {
    this.servers.forEach((server) => server.close());
  }
}

/** The network namespace of a task, which all its containers share. It lasts as long as a process in it. */
export class TaskNetwork {
  public static async create(outside: Outside): Promise<TaskNetwork> {
    const doors = JSON.stringify(outside.all.map(({ address, port, socket }) => ({ address, port, socket })));
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'network', process.execPath, path.join(__dirname, 'doors.cjs'), doors], {
      env: { PATH: process.env.PATH }, detached: true, stdio: ['pipe', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await new Promise<void>((open, failed) => {
      child.stdout.once('data', () => open());
      child.once('error', failed).once('close', () => failed(new Error(`A network namespace for a task cannot be made, which takes root and the tools of util-linux and iproute2: ${errors.trim()}`)));
    });
    return new TaskNetwork(child);
  }

  private constructor(private readonly holder: ChildProcess) {}

  /** A process in it. */
  public get pid(): number {
    return this.holder.pid ?? 0;
  }

  public close(): void {
    this.holder.kill('SIGKILL');
  }
}
