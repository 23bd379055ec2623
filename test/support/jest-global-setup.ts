import { chmodSync, mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

/** Puts all temporary files of a test run, each synthesised app among them, into one folder. */
export default function setUp(): void {
  // What later runs use again stays where it is.
  process.env.CDK_PRIVATE_BACKEND_CACHE ??= tmpdir();
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'cdk-private-backend-tests-'));
  // PostgreSQL runs as another user where the tests run as root.
  chmodSync(process.env.TMPDIR, 0o755);
}
