import { NodeDisk } from './node-disk';

let node: NodeDisk;
beforeEach(() => (node = new NodeDisk()));
afterEach(() => node.remove(''));

const decide = (backlog: number, free: number) => node.run('governor.sh', ['decide', String(backlog), String(free)]).stdout.trim();

describe('the governor', () => {
  test.each([
    ['run', 0, 100],
    ['run', 8192, 15],
    ['slow', 8193, 90],
    ['slow', 0, 14],
    ['slow', 0, 5],
    ['stop', 0, 4],
    ['stop', 100_000, 0],
  ])('says %s with a backlog of %d MiB and %d %% of the volume free', (state, backlog, free) => {
    expect(decide(backlog, free)).toBe(state);
  });
});

describe('what the governor does', () => {
  /** Patroni's settings of the cluster, which the governor changes. */
  function settings(parameters: object): void {
    node.write('config.json', JSON.stringify({ postgresql: { parameters } }));
    node.command('curl', 'case "$*" in *PATCH*) printf "%s\\n" "$*" >> "$ROOT/patches" ;; *) cat "$ROOT/config.json" ;; esac');
  }

  test('takes no more writes where the disk is nearly full', () => {
    settings({});
    node.run('governor.sh', ['act', 'stop']);
    expect(node.read('patches')).toContain('"default_transaction_read_only": "on"');
  });

  test('says so once', () => {
    settings({ default_transaction_read_only: 'on' });
    node.run('governor.sh', ['act', 'stop']);
    expect(node.has('patches')).toBe(false);
  });

  test('takes writes again where there is room', () => {
    settings({ default_transaction_read_only: 'on' });
    node.run('governor.sh', ['act', 'run']);
    expect(node.read('patches')).toContain('"default_transaction_read_only": null');
  });

  test('stays read-only while clients would still be slowed', () => {
    settings({ default_transaction_read_only: 'on' });
    node.command('findmnt', 'exit 1');
    node.run('governor.sh', ['act', 'slow']);
    expect(node.has('patches')).toBe(false);
  });
});
