import type { ChildProcess } from 'child_process';
import { mkdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Aws } from './aws/aws';
import { startBalancer } from './balancer';
import { runOrThrow } from './commands';
import { ADDRESSES, AWS_ENVIRONMENT } from './constants';
import { environmentElsewhere, environmentOf } from './environment';
import { Host } from './host';
import { connectNode, createNetwork } from './network';
import type { Prepared } from './root';
import { Signer } from './signer';
import { startStorage } from './storage';

export interface LabProps {
  readonly prepared: Prepared;
  /** Folder of this lab, empty. */
  readonly work: string;
  /** Control group of this lab. */
  readonly group: string;
  /** Folder with the shipped files. */
  readonly nodeFiles: string;
  /** Number of nodes. */
  readonly nodes: number;
  readonly note: (text: string) => void;
}

/** Hosts, and what stands for AWS around them, in the network namespace of this process. */
export class Lab {
  public static async create(props: LabProps): Promise<Lab> {
    // Temporary files of this process go with the lab.
    process.env.TMPDIR = props.work;
    mkdirSync(join(props.work, 'layers'));
    // What hosts write beside their volumes needs no disk, and goes with this process.
    await runOrThrow('mount', ['-t', 'tmpfs', 'tmpfs', join(props.work, 'layers')]);
    await createNetwork();
    const lab = new Lab(props, new Aws(await Signer.create()));
    await lab.aws.listen();
    lab.tools.push(startStorage(props.work, props.prepared), startBalancer(props.work));
    return lab;
  }

  public readonly hosts: Host[];
  private readonly tools: ChildProcess[] = [];
  private readonly hostsElsewhere: Host[] = [];
  private linesElsewhere: (node: number) => string[] = () => [];

  private constructor(private readonly props: LabProps, public readonly aws: Aws) {
    this.hosts = ADDRESSES.slice(0, props.nodes).map((_, index) => this.createHost(index + 1, () => environmentOf(index + 1)));
    writeFileSync(join(props.work, 'in'), ['#!/usr/bin/env bash', '# Runs a command in a host of the lab: in NODE COMMAND…', 'node=$1; shift',
      `exec nsenter --target "$(cat "${props.work}/node-$node/pid")" --mount --net --pid --uts --ipc --cgroup --wdns=/ env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 ${Object.entries(AWS_ENVIRONMENT).map(([name, value]) => `${name}=${value}`).join(' ')} TERM="\${TERM:-dumb}" "\${@:-bash}"`, ''].join('\n'), { mode: 0o755 });
  }

  public get work(): string {
    return this.props.work;
  }

  public get prepared(): Prepared {
    return this.props.prepared;
  }

  public host(node: number): Host {
    return this.hosts[node - 1];
  }

  public note(text: string): void {
    this.props.note(text);
  }

  /** Makes the cluster as its first deployment does: one node after the other, each with an empty volume. */
  public async deploy(): Promise<void> {
    for (const host of this.hosts) {
      await connectNode(host.node);
      await host.format();
      await this.replace(host);
    }
  }

  /** Hosts of a cluster of so many in another region, or whatever their environment says. Their volumes are empty. */
  public async elsewhere(nodes: number, environment: (node: number, nodes: number) => string[] = environmentElsewhere): Promise<Host[]> {
    this.linesElsewhere = (node) => environment(node, nodes);
    while (this.hostsElsewhere.length < nodes) {
      const node = ADDRESSES.length + this.hostsElsewhere.length + 1;
      await connectNode(node);
      this.hostsElsewhere.push(this.createHost(node, () => this.linesElsewhere(node)));
    }
    const hosts = this.hostsElsewhere.slice(0, nodes);
    for (const host of hosts) await host.format();
    return hosts;
  }

  /** Launches an instance for a node, and runs what its user data runs. */
  public async replace(host: Host, entry?: string): Promise<void> {
    const started = Date.now();
    await host.launch();
    this.aws.launch(host.node, host.instanceId);
    this.note(`${host.name} booted after ${seconds(started)} s`);
    await host.start(entry);
    this.note(`${host.name} is ready after ${seconds(started)} s`);
  }

  private createHost(node: number, environment: () => string[]): Host {
    const { prepared, work, group, nodeFiles } = this.props;
    return new Host({ node, root: prepared.root, work, group, nodeFiles, environment });
  }

  public close(): void {
    this.aws.close();
    this.tools.forEach((tool) => tool.kill('SIGKILL'));
  }
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
