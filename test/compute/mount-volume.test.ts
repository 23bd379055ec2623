import { execFileSync, spawnSync } from 'child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { belowRoot } from '../support/first-boot';

const SCRIPT = readFileSync(join(__dirname, '../../src/compute/mount-volume.sh'), 'utf8');
const VOLUME = 'vol-0123456789abcdef0';
const LINK = 'dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0';

/** Why this machine has no disks to try it with; nothing where it has. */
function obstacle(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'loop-'));
  const { status, stderr } = spawnSync('bash', ['-c', `cd ${directory} && truncate -s 16M disk && mkfs.ext4 -q disk && mkdir mounted && mount -o loop disk mounted && umount mounted`], { encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  return status === 0 ? undefined : `Mounting needs root and loop devices: ${stderr.trim()}`;
}

/** An instance with a disk that is a file, and EC2 that attaches it. */
class Host {
  private readonly root = mkdtempSync(join(tmpdir(), 'mount-volume-'));
  private readonly device: string;

  constructor(size = '64M') {
    ['bin', 'etc', 'var/lib/cloud/data', 'dev/disk/by-id'].forEach((path) => mkdirSync(join(this.root, path), { recursive: true }));
    writeFileSync(this.path('etc/fstab'), '# disks\n');
    writeFileSync(this.path('var/lib/cloud/data/instance-id'), 'i-0123456789abcdef0\n');
    execFileSync('truncate', ['-s', size, this.path('disk')]);
    this.device = execFileSync('losetup', ['--find', '--show', this.path('disk')], { encoding: 'utf8' }).trim();
    this.command('systemctl', 'exit 0');
    this.command('sleep', 'exit 0');
    this.ec2('attach');
  }

  /** What EC2 does when it is asked to attach, in bash with `attach`. */
  public ec2(behaviour: string) {
    this.command('aws', `attach() { ln -sf '${this.device}' '${this.path(LINK)}'; }\ncalls=$(grep -c ^aws '${this.path('log')}')\n${behaviour}`);
  }

  public command(name: string, behaviour: string) {
    writeFileSync(this.path(`bin/${name}`), `#!/bin/bash\necho "${name} $*" >> '${this.path('log')}'\n${behaviour}\n`);
    chmodSync(this.path(`bin/${name}`), 0o755);
  }

  public mountVolume() {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', belowRoot(SCRIPT, this.root), 'mount-volume', VOLUME, this.data, 'eu-west-1'], {
      encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: `${this.path('bin')}:${process.env.PATH}` },
    });
    return { status, output: stdout + stderr };
  }

  public get data(): string {
    return this.path('data');
  }

  public get log(): string[] {
    return existsSync(this.path('log')) ? readFileSync(this.path('log'), 'utf8').trim().split('\n') : [];
  }

  public get fstab(): string {
    return readFileSync(this.path('etc/fstab'), 'utf8');
  }

  /** What another instance finds: the same disk, and nothing else. */
  public replace() {
    this.unmount();
    rmSync(this.path(LINK), { force: true });
    writeFileSync(this.path('etc/fstab'), '# disks\n');
  }

  public run(command: string) {
    return execFileSync('bash', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, DISK: this.device, FILE: this.path('disk') } });
  }

  public destroy() {
    this.unmount();
    execFileSync('losetup', ['--detach', this.device]);
    rmSync(this.root, { recursive: true });
  }

  public attached() {
    symlinkSync(this.device, this.path(LINK));
  }

  private unmount() {
    spawnSync('umount', [this.data]);
  }

  private path(name: string) {
    return join(this.root, name);
  }
}

const why = obstacle();
if (why === undefined) {
  describe('a volume', tryVolumes);
} else {
  test(`volumes are not tried here: ${why}`, () => expect(why).toContain('loop devices'));
}

function tryVolumes(): void {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });
  afterEach(() => host.destroy());

  test('that is blank gets a file system and is mounted, now and at each boot', () => {
    expect(host.mountVolume()).toEqual({ status: 0, output: expect.stringContaining('is blank and gets a file system') });
    expect(host.log[0]).toBe(`aws ec2 attach-volume --region eu-west-1 --volume-id ${VOLUME} --instance-id i-0123456789abcdef0 --device /dev/sdf`);
    expect(host.run(`findmnt -n -o FSTYPE,OPTIONS ${host.data}`)).toMatch(/^ext4\s+rw,noatime/);
    const uuid = host.run('blkid -p -o value -s UUID "$DISK"').trim();
    expect(host.fstab).toBe(`# disks\nUUID=${uuid} ${host.data} ext4 defaults,noatime,nofail,x-systemd.device-timeout=5min 0 2\n`);
  });

  test('with data keeps it, on the next instance and the one after', () => {
    host.mountVolume();
    writeFileSync(join(host.data, 'row'), 'acknowledged');
    for (const _ of ['next', 'after']) {
      host.replace();
      expect(host.mountVolume()).toEqual({ status: 0, output: expect.stringContaining('has a file system of type ext4, which stays') });
      expect(readFileSync(join(host.data, 'row'), 'utf8')).toBe('acknowledged');
    }
  });

  test('is mounted once where the script runs again', () => {
    host.mountVolume();
    expect(host.mountVolume().status).toBe(0);
    expect(host.fstab.match(/UUID=/g)).toHaveLength(1);
    expect(host.log.filter((line) => line.startsWith('aws'))).toHaveLength(1);
  });

  test('that is attached already, as after a reboot, is not attached again', () => {
    host.attached();
    expect(host.mountVolume().status).toBe(0);
    expect(host.log.filter((line) => line.startsWith('aws'))).toEqual([]);
  });

  test('that the former instance still has is tried again until it lets go', () => {
    host.ec2('test "$calls" -ge 4 || { echo "An error occurred (VolumeInUse)" >&2; exit 254; }\nattach');
    expect(host.mountVolume()).toEqual({ status: 0, output: expect.stringContaining('can\'t be attached yet (attempt 3)') });
  });

  test('that appears later than EC2 answers is waited for', () => {
    host.ec2('test "$calls" -lt 2 || attach');
    expect(host.mountVolume().status).toBe(0);
  });

  test('fails where EC2 refuses to the end, with its reason, and mounts nothing', () => {
    host.ec2('echo "An error occurred (UnauthorizedOperation)" >&2; exit 254');
    const { status, output } = host.mountVolume();
    expect(status).toBe(1);
    expect(output).toMatch(/UnauthorizedOperation/);
    expect(output).toMatch(/Volume vol-\w+ can't be attached\. See the last error of EC2 above\./);
    expect(host.fstab).toBe('# disks\n');
  });

  test.each([
    ['something at its beginning', 'printf broken | dd of="$DISK" bs=1 seek=3000000 conv=notrunc status=none'],
    ['a partition table', 'printf "\\x55\\xaa" | dd of="$DISK" bs=1 seek=510 conv=notrunc status=none'],
    ['half a file system', 'mkfs.ext4 -q "$DISK" && dd if=/dev/zero of="$DISK" bs=1024 count=2 conv=notrunc status=none'],
  ])('fails where there is %s but no file system, and is not formatted', (_, spoil) => {
    host.run(spoil);
    const before = host.run('sha256sum < "$DISK"');
    expect(host.mountVolume()).toEqual({ status: 1, output: expect.stringMatching(/holds something that is not a file system, or can't be read\. It stays as it is/) });
    expect(host.run('sha256sum < "$DISK"')).toBe(before);
  });

  test('fails where it cannot be read, which is not the same as blank', () => {
    host.command('head', 'exit 1');
    expect(host.mountVolume()).toEqual({ status: 1, output: expect.stringContaining('can\'t be read') });
    expect(host.run('head -c 4194304 "$DISK" | cmp -n 4194304 - /dev/zero && echo blank')).toBe('blank\n');
  });

  test('that has grown gives its file system the new size, and is mounted where that fails', () => {
    host.mountVolume();
    host.replace();
    // The real command may do it only with CAP_SYS_RESOURCE, which few containers have.
    host.command('resize2fs', 'exit 1');
    expect(host.mountVolume()).toEqual({ status: 0, output: expect.stringContaining('can\'t grow to the size of volume vol-') });
    expect(host.log.filter((line) => line.startsWith('resize2fs'))).toEqual([expect.stringMatching(/^resize2fs .*nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0$/)]);
    expect(host.run(`findmnt -n -o FSTYPE ${host.data}`)).toBe('ext4\n');
  });
}

test('the script takes nothing that is not zero for blank', () => {
  const probe = join(mkdtempSync(join(tmpdir(), 'blank-')), 'file');
  writeFileSync(probe, Buffer.alloc(4 * 1024 * 1024 - 1));
  appendFileSync(probe, 'x');
  const blank = /elif (head .*); then/.exec(SCRIPT)?.[1] ?? 'exit 9';
  expect(spawnSync('bash', ['-c', `device=${probe} beginning=$((4 * 1024 * 1024)); ${blank}`]).status).toBe(1);
});
