import { execFileSync, spawnSync } from 'child_process';
import { createHash } from 'crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SCRIPTS, threeNodes } from './three-nodes';
import { addFirstBoot, limitUserData } from '../../src/compute/first-boot';
import { FirstBootScripts } from '../../src/compute/first-boot-scripts';
import { InstanceImage } from '../../src/compute/image';
import { archive } from '../../src/compute/private/archive';
import { boot, resolvedText, type Boot } from '../support/first-boot';

const REFERENCES: Readonly<Record<string, string>> = { 'AWS::Region': 'eu-west-1', 'AWS::URLSuffix': 'amazonaws.com', 'AWS::StackName': 'backend' };

/** User data of the first node, as the instance gets it. */
function scriptOf(image: InstanceImage): string {
  const template = Template.fromStack(threeNodes({ image }).stack);
  const [{ Properties }] = Object.values(template.findResources('AWS::EC2::LaunchTemplate')) as { readonly Properties: { readonly LaunchTemplateData: { readonly UserData: { readonly 'Fn::Base64': unknown } } } }[];
  return resolvedText(Properties.LaunchTemplateData.UserData['Fn::Base64'], (reference) => {
    const name = String(reference.Ref ?? (reference['Fn::GetAtt'] as string[])?.[1] ?? reference['Fn::Sub']);
    return REFERENCES[name] ?? name.replace(/\$\{(AWS::\w+)\}/g, (_, key: string) => key);
  });
}

const SCRIPT = { debian: scriptOf(InstanceImage.debian13()), amazon: scriptOf(InstanceImage.amazonLinux2023()) };
const tarOf = (directory: string) => archive(new Stack(), directory);
const SHA256 = createHash('sha256').update(tarOf(SCRIPTS)).digest('hex');

/** S3, which has the file, has another one, or has it only after a while. */
function s3(content: Buffer, after = 0): string {
  const file = join(mkdtempSync(join(tmpdir(), 's3-')), 'scripts.tar');
  writeFileSync(file, content);
  return `if [[ "$line" == *get-object* ]]; then
  test "$(grep -c get-object "$ROOT/log")" -gt ${after} || { echo "An error occurred (NoSuchKey)" >&2; exit 254; }
  cp '${file}' "\${!#}"
fi
[[ "$line" != *signal-resource* ]] || echo "$line" >> "$ROOT/signals"
exit 0`;
}

const COMMANDS = {
  ...Object.fromEntries(['fallocate', 'mkswap', 'swapon', 'dnf', 'systemctl', 'apt-get', 'curl', 'mount-volume'].map((name) => [name, 'exit 0'])),
  dpkg: '[[ "$line" == *--print-architecture* ]] && echo arm64\n[[ "$line" == "dpkg -s "* ]] && exit 1\nexit 0',
};

function run(script: string, { failing, aws = s3(tarOf(SCRIPTS)), commands }: { readonly failing?: RegExp; readonly aws?: string; readonly commands?: Record<string, string> }, use: (boot: Boot) => void): void {
  // The volume has tests of its own.
  const withoutVolume = script.replace('/usr/local/sbin/mount-volume Node', 'mount-volume Node');
  boot({ script: withoutVolume, failing, commands: { ...COMMANDS, aws, ...commands }, files: { 'dev/console': '' } }, use);
}

describe('a first boot of Debian', () => {
  test('installs packages and the agent of the region, mounts, runs the entry of the scripts with its environment, and signals once', () => {
    run(SCRIPT.debian, {}, ({ status, log, signals, root }) => {
      expect(status).toBe(0);
      expect(signals).toEqual([expect.stringMatching(/^aws cloudformation signal-resource --region eu-west-1 --stack-name backend --logical-resource-id Node1 --unique-id i-0123456789abcdef0 --status SUCCESS$/)]);
      expect(log).toEqual(expect.arrayContaining([
        expect.stringMatching(/^apt-get .*install -y --no-install-recommends awscli ca-certificates curl unattended-upgrades$/),
        expect.stringMatching(/^curl .* https:\/\/s3\.eu-west-1\.amazonaws\.com\/amazon-ssm-eu-west-1\/latest\/debian_arm64\/amazon-ssm-agent\.deb$/),
        'systemctl enable --now amazon-ssm-agent',
        'systemctl enable --now patch-itself.timer',
        expect.stringMatching(/^mount-volume Node1Data\w+ .*\/data eu-west-1$/),
      ]));
      expect(readFileSync(join(root, 'opt/first-boot/greeting'), 'utf8')).toBe('Hello from node 1\n');
      expect(readFileSync(join(root, 'etc/first-boot.env'), 'utf8')).toBe('NODE=1\nADDRESS=PrimaryPrivateIpAddress\n');
      expect(readFileSync(join(root, 'etc/apt/apt.conf.d/52patch-itself'), 'utf8')).toContain('codename=${distro_codename}-security');
    });
  });

  test('installs nothing that a prebuilt image has', () => {
    run(SCRIPT.debian, { commands: { dpkg: 'exit 0' } }, ({ status, log }) => {
      expect(status).toBe(0);
      expect(log.filter((line) => /^(apt-get|curl)|dpkg -i/.test(line))).toEqual([]);
    });
  });

  test.each([
    ['the swap file', /^fallocate/],
    ['the list of packages', /^apt-get .*update/],
    ['a package', /^apt-get .*install/],
    ['the agent in S3', /^curl/],
    ['the package of the agent', /^dpkg -i/],
    ['the agent', /enable --now amazon-ssm-agent/],
    ['the timer of updates', /enable --now patch-itself/],
    ['the volume', /^mount-volume/],
  ])('fails the deployment where %s fails, with the reason on the console, and runs no scripts', (_, failing) => {
    run(SCRIPT.debian, { failing }, ({ status, signals, root }) => {
      expect(status).not.toBe(0);
      expect(signals).toEqual([expect.stringMatching(/--status FAILURE$/)]);
      expect(readFileSync(join(root, 'dev/console'), 'utf8')).toMatch(/^Set-up ended with code [1-9]\d*: Error: "No package/);
      expect(existsSync(join(root, 'opt/first-boot'))).toBe(false);
    });
  });

  test('tries the signal again, since whoever waits would wait for twenty minutes', () => {
    const flaky = s3(tarOf(SCRIPTS)).replace('[[ "$line" != *signal', '[[ "$line" == *signal* ]] && test "$(grep -c signal-resource "$ROOT/log")" -lt 3 && exit 255\n[[ "$line" != *signal');
    run(SCRIPT.debian, { aws: flaky }, ({ signals }) => expect(signals).toHaveLength(1));
  });
});

describe('a first boot of Amazon Linux', () => {
  test('runs the same scripts, and signals with the reason', () => {
    run(SCRIPT.amazon, {}, ({ status, signals, root }) => {
      expect(status).toBe(0);
      expect(signals).toEqual([expect.stringMatching(/^--exit-code 0 --reason .*--stack backend --resource Node1 --region eu-west-1$/)]);
      expect(readFileSync(join(root, 'opt/first-boot/greeting'), 'utf8')).toBe('Hello from node 1\n');
    });
  });
});

describe.each(['debian', 'amazon'] as const)('scripts from S3, on %s', (system) => {
  const failed = [expect.stringMatching(/--status FAILURE|--exit-code [1-9]/)];

  test('are tried again where they are not there yet', () => {
    run(SCRIPT[system], { aws: s3(tarOf(SCRIPTS), 3) }, ({ status, log }) => {
      expect(status).toBe(0);
      expect(log.filter((line) => line.includes('get-object'))).toHaveLength(4);
    });
  });

  test('fails the deployment where they never are', () => {
    run(SCRIPT[system], { failing: /get-object/ }, ({ status, signals }) => {
      expect(status).not.toBe(0);
      expect(signals).toEqual(failed);
    });
  });

  test('fails the deployment where others are there, of which nothing is unpacked', () => {
    const other = mkdtempSync(join(tmpdir(), 'other-'));
    writeFileSync(join(other, 'start.sh'), '#!/bin/bash\ntouch "$(dirname "$0")/harm"\n');
    run(SCRIPT[system], { aws: s3(tarOf(other)) }, ({ status, signals, output, root }) => {
      expect(status).toBe(1);
      expect(output).toContain('The scripts in S3 are not those of the template.');
      expect(signals).toEqual(failed);
      expect(existsSync(join(root, 'opt/first-boot'))).toBe(false);
    });
  });

  test('fails the deployment where the entry fails', () => {
    run(SCRIPT[system].replace('NODE=1', 'NODE=broken'), {}, ({ status, signals }) => {
      expect(status).toBe(1);
      expect(signals).toEqual(failed);
    });
  });
});

describe('user data', () => {
  test.each(Object.entries(SCRIPT))('of %s has nothing that shellcheck advises against', (_, script) => {
    const { error, stdout } = spawnSync('shellcheck', ['--shell=bash', '--severity=warning', '-'], { input: script, encoding: 'utf8' });
    if (error !== undefined) {
      console.warn(`shellcheck is not here: ${error.message}`);
      return;
    }
    expect(stdout).toBe('');
  });

  test('holds the hash of the scripts and is far below the limit', () => {
    expect(SCRIPT.debian).toContain(SHA256);
    expect(Buffer.byteLength(SCRIPT.debian)).toBeLessThan(8_000);
  });

  test('fails where it is longer than EC2 takes, and says how long it is', () => {
    const app = new App({ analyticsReporting: false });
    const stack = new Stack(app, 'Backend');
    const userData = ec2.UserData.forLinux();
    addFirstBoot(userData, { image: InstanceImage.amazonLinux2023(), setUp: [`echo ${'x'.repeat(16_384)} ${stack.stackId}`] });
    limitUserData(stack, userData);
    expect(() => app.synth()).toThrow(/The user data of the instance has at least 1[67]\d{3} bytes, and EC2 takes 16384\./);
  });

  test('of 16384 bytes is taken, and one byte more is not', () => {
    const problemsOf = (bytes: number) => {
      const stack = new Stack();
      const userData = ec2.UserData.custom('x'.repeat(bytes));
      limitUserData(stack, userData);
      return stack.node.validate();
    };
    expect([16_384, 16_385].map((bytes) => problemsOf(bytes).length)).toEqual([0, 1]);
  });
});

describe('the tar file', () => {
  test('unpacks to the same files, of which programs may be run', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tar-'));
    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'scripts.tar'), tarOf(SCRIPTS));
    execFileSync('tar', ['-xf', join(directory, 'scripts.tar'), '-C', join(directory, 'out')]);
    expect(spawnSync('diff', ['-r', SCRIPTS, join(directory, 'out')], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
    expect(execFileSync('tar', ['-tvf', join(directory, 'scripts.tar')], { encoding: 'utf8' }).trim().split('\n').map((line) => `${line.slice(0, 10)} ${line.split(' ').pop()}`)).toEqual([
      '-rwxr-xr-x lib/greet.sh', '-rwxr-xr-x start.sh',
    ]);
  });

  test('takes files of every size up to a block and beyond', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tar-'));
    [0, 1, 511, 512, 513, 70_000].forEach((size) => writeFileSync(join(directory, `file-${size}`), 'x'.repeat(size)));
    const list = spawnSync('tar', ['-tvf', '-'], { input: tarOf(directory), encoding: 'utf8' });
    expect(list.status).toBe(0);
    expect(list.stdout.match(/file-/g)).toHaveLength(6);
  });

  test('has the same bytes whenever it is made', () => {
    expect(tarOf(SCRIPTS).equals(tarOf(SCRIPTS))).toBe(true);
    const twice = [1, 2].map(() => {
      const stack = new Stack(new App({ analyticsReporting: false }), 'Backend');
      return new FirstBootScripts(stack, 'Scripts', { directory: SCRIPTS, entry: 'start.sh' }).run({});
    });
    expect(twice.map((lines) => lines.some((line) => line.includes(SHA256)))).toEqual([true, true]);
  });

  test('fails for a name that it cannot hold', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tar-'));
    writeFileSync(join(directory, 'n'.repeat(101)), '');
    expect(() => tarOf(directory)).toThrow(/^The path 'n+' has 101 bytes, and a file for instances can have at most 100\./);
  });
});
