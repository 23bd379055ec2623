import * as fs from 'fs';
import * as path from 'path';
import { ROOT, WORK } from './paths';
import { RunnerPaths } from '../../src/migrations/shared/runner.contract';
import { rdsRegions, rdsRootsFor } from '../../src/trust/shared/rds-roots';
import type { Inputs } from '../apps/shape';

/** What the hand-written app needs ready: the build context of the migration image, with the files that the library stages during synth. */
export function stageInputs(): Inputs {
  const directory = path.join(WORK, 'migration-image');
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
  const give = (name: string) => path.join(directory, path.basename(name));
  fs.copyFileSync(path.join(ROOT, 'lib/migrations/images/goose.Dockerfile'), give('Dockerfile'));
  fs.copyFileSync(path.join(ROOT, 'assets/migrations/runner/index.js'), give(RunnerPaths.ENTRYPOINT));
  fs.writeFileSync(give(RunnerPaths.CA_FILE), rdsRegions().sort().map(rdsRootsFor).join('\n'));
  fs.cpSync(path.join(ROOT, 'examples/01-private-backend/migrations'), give(RunnerPaths.MIGRATIONS), { recursive: true });
  return { root: ROOT, migrationImage: directory };
}
