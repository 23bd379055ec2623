import { NodeDisk } from './node-disk';

let node: NodeDisk;
beforeEach(() => {
  node = new NodeDisk({ NODE: '2' });
  node.command('etcdctl', 'exit 0');
});
afterEach(() => node.remove(''));

const member = (name: string, role: string, state: string, timeline = 1) => ({ name, role, state, timeline });
const MEMBERS = [member('node-1', 'leader', 'running'), member('node-2', 'quorum_standby', 'streaming'), member('node-3', 'quorum_standby', 'streaming')];

/** What this node's Patroni says of itself, nothing where it does not run; and what etcd has of the members, by whoever answers. */
function patroni(own: object | undefined, members: object[] = MEMBERS): void {
  node.write('own.json', own === undefined ? '' : JSON.stringify(own));
  node.write('cluster.json', JSON.stringify({ members }));
  node.command('curl', 'case "$*" in *8008/cluster) cat "$ROOT/cluster.json" ;; *8008/patroni) [ -s "$ROOT/own.json" ] && cat "$ROOT/own.json" ;; *8008/primary) printf 503 ;; esac');
}

describe('a node is ready', () => {
  test('that streams on the timeline of the primary, and votes', () => {
    patroni({ state: 'running', role: 'replica', replication_state: 'streaming' });
    expect(node.run('ready.sh').status).toBe(0);
  });

  test.each([
    ['is not there, though etcd still has its former instance as one that streams', undefined, MEMBERS],
    ['runs and does not stream', { state: 'running', role: 'replica' }, MEMBERS],
    ['reads the archive', { state: 'running', role: 'replica', replication_state: 'in archive recovery' }, MEMBERS],
    ['streams on another timeline', { state: 'running', role: 'replica', replication_state: 'streaming' }, [member('node-1', 'leader', 'running', 2), member('node-2', 'quorum_standby', 'streaming', 1)]],
    ['streams while nobody is the primary', { state: 'running', role: 'replica', replication_state: 'streaming' }, [member('node-2', 'quorum_standby', 'streaming')]],
  ])('fails for one that %s', (_, own, members) => {
    patroni(own, members);
    expect(node.run('ready.sh').status).not.toBe(0);
  });

  // etcd.test.ts shows of whom etcd says so.
  test('fails for one that etcd does not call healthy', () => {
    patroni({ state: 'running', role: 'replica', replication_state: 'streaming' });
    node.command('etcdctl', '[[ "$*" != *"endpoint health" ]]');
    expect(node.run('ready.sh').status).not.toBe(0);
  });
});
