import { rmSync } from 'fs';
import { basename } from 'path';

/** Removes the folder that the setup has made. */
export default function tearDown(): void {
  const folder = process.env.TMPDIR ?? '';
  if (basename(folder).startsWith('cdk-private-backend-tests-')) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
