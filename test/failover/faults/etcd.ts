import type { Fault } from './fault';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

/** etcd ends on some hosts and is kept from starting again; later it starts. */
async function without(scene: Scene, hosts: Host[], seconds: number): Promise<void> {
  const each = (command: string) => Promise.all(hosts.map((host) => host.bash(command)));
  scene.breaks();
  await each('systemctl stop etcd');
  await scene.seconds(seconds);
  scene.heals();
  await each('systemctl start --no-block etcd');
}

/** Two of three members are gone: no lease can be renewed. The primary goes on while all nodes agree. */
export const etcdMajority: Fault = {
  id: 'etcd-majority',
  title: "etcd's majority stopped for 45 s",
  short: false,
  bounds: { direct: 10, balancer: 15, redundancy: 90 },
  play: async (scene) => without(scene, scene.standbys, 45),
};

export const etcdStopped: Fault = {
  id: 'etcd-stopped',
  title: 'etcd stopped on every node for 45 s',
  short: false,
  bounds: { direct: 10, balancer: 15, redundancy: 90 },
  play: async (scene) => without(scene, scene.hosts, 45),
};
