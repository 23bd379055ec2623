import { NodeDisk } from './node-disk';

interface Member {
  readonly name: string;
  /** When the instance booted. */
  readonly booted: number;
}

let node: NodeDisk;
afterEach(() => node.remove(''));

/** Whom a node would hand over to, by what Patroni says of the members. */
function successor(members: Member[], primary: string, streaming: string[] = members.map(({ name }) => name)): string {
  node = new NodeDisk({ NODE: primary.slice(-1) });
  node.command('curl', 'cat "$ROOT/cluster.json"');
  node.write('cluster.json', JSON.stringify({
    members: members.map(({ name, booted }) => ({
      name, tags: { booted }, timeline: 1, role: name === primary ? 'leader' : 'quorum_standby', state: name === primary ? 'running' : streaming.includes(name) ? 'streaming' : 'stopped',
    })),
  }));
  return node.run('drain.sh', ['successor']).stdout.trim();
}

const ORDERS = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];

/** A deployment that replaces node after node, as the groups' chain does: how often the primary moves, and where it is in the end. */
function change(ages: number[], first: string): { switchovers: number; primary: string } {
  let members = ages.map((booted, index) => ({ name: `node-${index + 1}`, booted }));
  let primary = first;
  let switchovers = 0;
  members.forEach(({ name }, index) => {
    if (name === primary) {
      primary = successor(members, primary);
      node.remove('');
      switchovers += 1;
    }
    members = members.map((member) => (member.name === name ? { name, booted: 100 + index } : member));
  });
  return { switchovers, primary };
}

describe('a drain', () => {
  test.each(ORDERS.flatMap((ages) => ['node-1', 'node-2', 'node-3'].map((primary) => [ages.join(', '), primary] as const)))(
    'has at most two switchovers in a change where instances were made in the order %s and %s is the primary', (ages, primary) => {
      const ended = change(ages.split(', ').map(Number), primary);
      expect(ended.switchovers).toBeGreaterThanOrEqual(1);
      expect(ended.switchovers).toBeLessThanOrEqual(2);
    },
  );

  test('hands over to a node that streams', () => {
    const members = [{ name: 'node-1', booted: 1 }, { name: 'node-2', booted: 2 }, { name: 'node-3', booted: 3 }];
    expect(successor(members, 'node-1', ['node-2'])).toBe('node-2');
  });

  test('hands over to nobody where no other node streams', () => {
    expect(successor([{ name: 'node-1', booted: 1 }, { name: 'node-2', booted: 2 }], 'node-1', [])).toBe('');
  });

  test.each([['fence/orders', 0], ['None', 340]])('waits for the others unless another region has taken over, where S3 says %s', (marker, waits) => {
    node = new NodeDisk({ VOLUME: 'vol-0123456789abcdef0', FENCE_BUCKET: 'orders-replica', FENCE_REGION: 'eu-west-1' });
    node.command('curl', 'exit 7');
    node.command('aws', `[ "$1" = s3api ] && echo ${marker} || true`);
    ['etcdctl', 'umount', 'sync', 'pkill'].forEach((name) => node.command(name, 'exit 0'));
    const { status } = node.run('drain.sh', ['leased']);
    expect(node.calls('sleep').length).toBe(waits);
    expect(status).toBe(waits === 0 ? 0 : 1);
    expect(node.calls('aws').some((call) => call.includes('detach-volume'))).toBe(waits === 0);
  });
});
