import { EtcdNodes } from './etcd-nodes';
import type { NodeDisk } from './node-disk';

let nodes: EtcdNodes;

const VOTERS = ['node-1', 'node-2', 'node-3'];
const voters = () => nodes.members().filter(({ learner }) => !learner).map(({ name }) => name).sort();
const member = (name: string) => nodes.members().find((one) => one.name === name);

describe('a new cluster', () => {
  beforeEach(() => (nodes = new EtcdNodes()));
  afterEach(() => nodes.remove());

  test('is founded by its first node, and the others join as learners that become voters', () => {
    const [first, second, third] = nodes.cluster(3);
    expect(first.read('etc/default/etcd')).toContain('ETCD_INITIAL_CLUSTER_STATE=new');
    expect([second, third].map((disk) => /STATE=.*/.exec(disk.read('etc/default/etcd'))?.[0])).toEqual(['STATE=existing', 'STATE=existing']);
    expect(voters()).toEqual(VOTERS);
  });

  test.each([[2, false, 'a second node'], [1, true, 'a first node whose cluster has backups']])('fails to be founded by node %s where the bucket has backups: %s (%s)', (node, stanza) => {
    if (stanza) nodes.archive();
    const disk = nodes.instance(node, nodes.addresses(3));
    disk.command('seq', '/usr/bin/seq "$1" $(($2 < 2 ? $2 : 2))');
    expect(nodes.boot(disk)).toMatchObject({ status: 1, stderr: expect.stringContaining('nor is this the first node of a new cluster (attempt 2)') });
    expect(disk.has('etcd.pid')).toBe(false);
  });

  test('fails to be founded while nobody knows whether there are backups', () => {
    const disk = nodes.instance(1, nodes.addresses(1));
    disk.command('pgbackrest', 'exit 103');
    expect(nodes.boot(disk).status).toBe(1);
    expect(disk.has('etcd.pid')).toBe(false);
  });

  test('fails to be founded on an empty volume by the only node of a cluster that has backups', () => {
    nodes.archive();
    expect(nodes.boot(nodes.instance(1, nodes.addresses(1)))).toMatchObject({ status: 1, stderr: expect.stringContaining('The volume vol-1 is empty, and this cluster of one node has backups.') });
  });
});

describe('a cluster of one', () => {
  beforeEach(() => (nodes = new EtcdNodes()));
  afterEach(() => nodes.remove());

  test('grows to three, keeps what it had, and then survives any one of them, and no two', async () => {
    const [alone] = nodes.cluster(1);
    nodes.ctl(nodes.address(1), 'put', 'kept', 'yes');
    await nodes.kill(alone);
    nodes.archive();
    const addresses = nodes.addresses(3);
    const [first, second, third] = [nodes.instance(1, addresses, alone), nodes.instance(2, addresses), nodes.instance(3, addresses)].map((disk) => nodes.mustBoot(disk));
    expect(voters()).toEqual(VOTERS);
    await nodes.kill(first);
    expect(nodes.ctl(nodes.address(3), 'get', 'kept', '--print-value-only')).toBe('yes');
    expect(nodes.isReady(third)).toBe(true);
    await nodes.kill(second);
    expect(nodes.isReady(third)).toBe(false);
  });

  test('whose node has moved to another address tells the nodes that join by it', async () => {
    const [alone] = nodes.cluster(1);
    await nodes.kill(alone);
    const addresses = [nodes.address(1, true), nodes.address(2)];
    nodes.mustBoot(nodes.instance(1, addresses.slice(0, 1), alone));
    expect(nodes.members(addresses[0])).toMatchObject([{ name: 'node-1', url: `https://${addresses[0]}:2380` }]);
    nodes.mustBoot(nodes.instance(2, addresses));
    expect(nodes.members(addresses[0]).map(({ learner }) => learner)).toEqual([false, false]);
  });
});

describe('an instance of a cluster of three takes the place of another', () => {
  let instances: NodeDisk[];
  beforeAll(() => {
    nodes = new EtcdNodes();
    instances = nodes.cluster(3);
    nodes.archive();
  });
  // Each test ends with three voters.
  beforeEach(() => expect(voters()).toEqual(VOTERS));
  afterAll(() => nodes.remove());

  /** Ends the instance of a node; answers with the next one. */
  async function replace(node: number, volume: 'kept' | 'empty', addresses = nodes.addresses(3)): Promise<NodeDisk> {
    const former = instances[node - 1];
    await nodes.kill(former);
    instances[node - 1] = nodes.instance(node, addresses, volume === 'kept' ? former : undefined);
    return instances[node - 1];
  }

  test('with its volume: it stays the same member', async () => {
    const before = member('node-2');
    nodes.mustBoot(await replace(2, 'kept'));
    expect(member('node-2')).toEqual(before);
  });

  test.each([[1], [3]])('of node %s with an empty volume: the former member goes, and another one votes', async (node) => {
    const before = member(`node-${node}`);
    expect(nodes.boot(await replace(node, 'empty'))).toMatchObject({ status: 0, stderr: expect.stringContaining(`The member ${before?.id} that had this address goes`) });
    expect(voters()).toEqual(VOTERS);
    expect(nodes.members().map(({ id }) => id)).not.toContain(before?.id);
  });

  test('with the volume of a member that was removed: its data is put aside, and it joins anew', async () => {
    const next = await replace(3, 'kept');
    nodes.ctl(nodes.address(1), 'member', 'remove', member('node-3')?.id ?? '');
    expect(nodes.boot(next)).toMatchObject({ status: 0, stderr: expect.stringContaining('The cluster no longer knows the member on this volume.') });
    expect(next.has('data/etcd.removed/member')).toBe(true);
    expect(voters()).toEqual(VOTERS);
  });

  test('of one that ended before it voted: the learner on its volume becomes a voter', async () => {
    const learner = await replace(3, 'empty');
    learner.command('etcdctl', '[[ "$*" == *"member promote"* ]] && kill -KILL $PPID && exit 1; PATH=${PATH#*:} exec etcdctl "$@"');
    expect(nodes.boot(learner).status).not.toBe(0);
    const before = member('node-3');
    expect(before?.learner).toBe(true);
    expect(nodes.isReady(learner)).toBe(false);
    expect(nodes.isReady(nodes.mustBoot(await replace(3, 'kept')))).toBe(true);
    expect(member('node-3')).toEqual({ ...before, learner: false });
  });

  test('in a stack that has fewer nodes than the cluster: it is refused, and the members stay', async () => {
    const next = await replace(1, 'kept', nodes.addresses(1));
    expect(nodes.boot(next)).toMatchObject({ status: 1, stderr: expect.stringContaining('The cluster has 3 members, and its stack 1 nodes. A cluster does not shrink') });
    expect(voters()).toEqual(VOTERS);
  });

  test('at another address: it stays the same member, and the others find it there', async () => {
    const before = member('node-2');
    const addresses = [nodes.address(1), nodes.address(2, true), nodes.address(3)];
    nodes.mustBoot(await replace(2, 'kept', addresses));
    expect(member('node-2')).toEqual({ ...before, url: `https://${addresses[1]}:2380` });
  });

  test('at another address that the others do not take at first: it keeps its data, and they take it later', async () => {
    const before = member('node-2');
    const next = await replace(2, 'kept');
    next.command('etcdctl', '[[ "$*" == *"member update"* && ! -e "$ROOT/refused" ]] && touch "$ROOT/refused" && exit 1; PATH=${PATH#*:} exec etcdctl "$@"');
    expect(nodes.boot(next)).toMatchObject({ status: 0, stderr: expect.stringContaining('do not take the address of this one yet') });
    expect(member('node-2')).toEqual({ ...before, url: `https://${nodes.address(2)}:2380` });
  });
});
