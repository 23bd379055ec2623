import { spawn, type ChildProcess } from 'child_process';
import { NodeDisk } from './node-disk';

/** Seconds that a lease may be old, which the script makes of the time to live. */
const LIMIT = 2;

let node: NodeDisk;
let postmaster: ChildProcess;

/** What each member of etcd says: who has the key, and how old the lease is; nothing where it does not answer. */
function etcd(...members: (readonly [holder: string, age: number] | undefined)[]): void {
  const answers = members.map((member, index) => `*--endpoints-of-${index}*) ${member === undefined ? 'exit 1' : answer(...member)} ;;`);
  node.command('etcdctl', `case "--endpoints-of-$(($(cut -d. -f3 <<< "$ETCDCTL_ENDPOINTS"))) $*" in ${answers.join('\n')} esac`);
}

function answer(holder: string, age: number): string {
  const key = JSON.stringify({ kvs: [{ value: Buffer.from(holder).toString('base64'), lease: 7 }] });
  return `[[ "$*" == *timetolive* ]] && echo '${JSON.stringify({ 'granted-ttl': 20, 'ttl': 20 - age })}' || echo '${key}'`;
}

/** Whether the server lives after the fence has watched it for a while. */
function survives(): boolean {
  const { stderr } = node.run('fence.sh');
  const lives = postmaster.exitCode === null && postmaster.signalCode === null && !stderr.includes('is stopped');
  expect(stderr === '' || stderr.includes(`(${postmaster.pid}) is stopped.`)).toBe(true);
  return lives;
}

beforeEach(() => {
  node = new NodeDisk({ TTL: String(LIMIT + 5) });
  postmaster = spawn('sleep', ['60']);
  node.write('data/postgresql/17/main/postmaster.pid', `${postmaster.pid}\n`);
  node.command('curl', 'echo "{}"');
  // It watches for some seconds.
  node.command('sleep', '[ "$(grep -c "^sleep" "$ROOT/log")" -le 5 ] && exec /bin/sleep 1');
});
afterEach(() => {
  postmaster.kill('SIGKILL');
  node.remove('');
});

describe('the fence', () => {
  test('leaves a server whose lease is renewed', () => {
    etcd(['node-1', 1]);
    expect(survives()).toBe(true);
  });

  test('asks the others where the member on this host does not answer, as with a slow disk', () => {
    etcd(undefined, undefined, ['node-1', 1]);
    expect(survives()).toBe(true);
  });

  test('stops one whose lease is old', () => {
    etcd(['node-1', LIMIT]);
    expect(survives()).toBe(false);
  });

  test('stops one where another node has the key', () => {
    etcd(['node-2', 0], ['node-2', 0], ['node-2', 0]);
    expect(survives()).toBe(false);
  });

  test('stops one where nobody answers', () => {
    etcd();
    expect(survives()).toBe(false);
  });

  test('leaves one where nobody answers and all members agreed, by Patroni', () => {
    etcd();
    node.command('curl', 'echo \'{"failsafe_mode_is_active":true}\'');
    expect(survives()).toBe(true);
  });

  test('leaves a standby', () => {
    etcd();
    node.write('data/postgresql/17/main/standby.signal', '');
    expect(survives()).toBe(true);
  });

  test('has nothing to do on a node alone', () => {
    node.write('etc/first-boot.env', node.read('etc/first-boot.env').replace(/^NODES=.*$/m, 'NODES=10.0.0.1'));
    etcd();
    expect(node.run('fence.sh').stderr).toBe('This node is the only one: nobody else can become the primary.\n');
  });
});
