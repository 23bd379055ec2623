import { NodeDisk } from './node-disk';

let node: NodeDisk;

beforeEach(() => {
  node = new NodeDisk({ ADMIN_SECRET: 'admin', CLUSTER_SECRET: 'cluster' });
  node.remove('run/node/cluster.json');
  node.write('opt/first-boot/pgbackrest.sh', '#!/bin/bash\n');
});
afterEach(() => node.remove(''));

/** Secrets Manager, which fails so many times before it answers. */
function secretsManager(failures: number): void {
  node.command('aws', `n=$(cat "$ROOT/failed" 2> /dev/null || echo 0); [ "$n" -ge ${failures} ] && echo '{"of":"secret"}' && exit; echo $((n + 1)) > "$ROOT/failed"; exit 255`);
}

describe('secrets at boot', () => {
  test.each([0, 1, 29])('come into memory also after %i failures', (failures) => {
    secretsManager(failures);
    expect(node.run('secrets.sh').status).toBe(0);
    expect([node.read('run/node/admin.json'), node.read('run/node/cluster.json')]).toEqual(Array(2).fill('{"of":"secret"}\n'));
  });

  test('fail where Secrets Manager never answers, and leave no file that looks like one', () => {
    secretsManager(100);
    expect(node.run('secrets.sh')).toMatchObject({ status: 1, stderr: expect.stringContaining('Gave up after 30 attempts: fetch admin') });
    expect(node.has('run/node/admin.json')).toBe(false);
  });
});
