import { NodeDisk } from './node-disk';

const MARKER = 'fence/orders';

let node: NodeDisk;

beforeEach(() => {
  node = new NodeDisk({ FENCE_BUCKET: 'orders-replica', FENCE_REGION: 'eu-west-1' });
  node.remove('primary');
});
afterEach(() => node.remove(''));

/** What the list of S3 says, time after time; nothing where it does not answer. */
function listed(...keys: (string | undefined)[]): void {
  keys.forEach((key, index) => node.write(`listed/${index}`, key ?? ''));
  node.command('aws', `n=$(grep -c '^aws ' "$ROOT/log"); f="$ROOT/listed/$((n - 1))"; [ -e "$f" ] || f="$ROOT/listed/${keys.length - 1}"; [ -s "$f" ] && cat "$f"`);
}

describe('PostgreSQL starts', () => {
  test.each([['None'], [`${MARKER}-2`], ['fence/orders2']])('where S3 says that there is no marker of this cluster, but %p', (key) => {
    listed(key);
    expect(node.run('region-fence.sh', ['start'])).toMatchObject({ status: 0, stderr: '' });
    expect(node.calls('aws')).toEqual([expect.stringContaining(`s3api list-objects-v2 --region eu-west-1 --bucket orders-replica --prefix ${MARKER} `)]);
  });

  test('where a peer is the primary, without asking S3', () => {
    node.write('primary', '');
    listed(MARKER);
    expect(node.run('region-fence.sh', ['start']).status).toBe(0);
    expect(node.calls('aws')).toEqual([]);
  });

  test('not while S3 does not answer: nobody knows then', () => {
    listed(undefined, undefined, 'None');
    const { status, stderr } = node.run('region-fence.sh', ['start']);
    expect(status).toBe(0);
    expect(stderr.match(/PostgreSQL waits: nobody knows whether another region has taken over/g)).toHaveLength(2);
    expect(node.calls('aws')).toHaveLength(3);
  });

  test('not while the marker is there, with what to do', () => {
    listed(MARKER, MARKER, 'None');
    const { stderr } = node.run('region-fence.sh', ['start']);
    expect(stderr.match(/PostgreSQL does not start here: another region has taken over from 'orders'\. Where that was a mistake, delete fence\/orders from the bucket orders-replica\./g)).toHaveLength(2);
  });

  test('where an operator says so, although S3 does not answer', () => {
    listed(undefined);
    node.write('etc/node/without-region-fence', '');
    expect(node.run('region-fence.sh', ['start'])).toMatchObject({ status: 0, stderr: expect.stringContaining('starts without asking for the marker') });
  });
});

describe('PostgreSQL that runs', () => {
  test('is stopped where the marker is there', () => {
    listed(MARKER);
    expect(node.run('region-fence.sh', ['check']).stderr).toContain("PostgreSQL is stopped: another region has taken over from 'orders'.");
    expect(node.calls('systemctl')).toContain('systemctl restart --no-block patroni');
  });

  test.each([['None'], [undefined]])('goes on where S3 says %p', (key) => {
    listed(key);
    expect(node.run('region-fence.sh', ['check']).status).toBe(0);
    expect(node.calls('systemctl').join()).not.toContain('restart');
  });

  test('is left alone where it waits already', () => {
    listed(MARKER);
    node.command('systemctl', 'exit 3');
    expect(node.run('region-fence.sh', ['check']).status).toBe(0);
    expect(node.calls('aws')).toEqual([]);
  });
});

test('the fence fails with its usage where it does not know what to do', () => {
  expect(node.run('region-fence.sh')).toMatchObject({ status: 2, stderr: 'Usage: region-fence.sh start | check | answer\n' });
});
