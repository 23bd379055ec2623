import type { ChildProcess } from 'child_process';
import { mkdirSync } from 'fs';
import { join } from 'path';
import { start } from './commands';
import { BUCKET, ELSEWHERE, S3_ADDRESS } from './constants';
import type { Prepared } from './root';

/** Starts S3 over TLS, under its real name, so that the shipped configuration needs no change. */
export function startStorage(work: string, { s3, tls }: Prepared): ChildProcess {
  const directory = join(work, 's3');
  mkdirSync(directory);
  return start(process.execPath, [s3, '--directory', directory, '--address', S3_ADDRESS, '--port', '443', '--key', join(tls, 's3.key'), '--cert', join(tls, 's3.crt'), '--silent',
    '--no-vhost-buckets', '--configure-bucket', BUCKET, '--configure-bucket', ELSEWHERE.bucket], { log: join(work, 's3.log') });
}
