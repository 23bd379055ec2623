import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Language, PINS, PROGRAMS, readPinned } from './clients';
import { shell } from '../packages/shell';

/** How a language installs its drivers, in a folder with its pins and its program. */
const INSTALL: { readonly [language in Language]: string } = {
  node: 'npm ci --ignore-scripts --no-audit --no-fund',
  // A virtual environment cannot be moved, so it is made where it will stay.
  python: 'python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt',
  go: 'CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -o client .',
  java: 'mvn -q -B dependency:copy "-Dartifact=$(cat driver.txt)" -DoutputDirectory=driver && javac -d . Client.java',
  psql: 'psql --version',
};

/** Installs the drivers of a language once for each state of its files, outside the repository; later calls reuse it. */
export async function install(language: Language): Promise<string> {
  const files = [...PINS[language], PROGRAMS[language]];
  const hash = createHash('sha256').update(JSON.stringify([INSTALL[language], process.version, files.map((file) => readPinned(language, file))])).digest('hex').slice(0, 16);
  const root = join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? tmpdir(), `cdk-private-backend-clients-${process.getuid?.() ?? 'user'}`);
  const folder = join(root, `${language}-${hash}`);
  if (!existsSync(join(folder, 'ready'))) {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    rmSync(folder, { recursive: true, force: true });
    const source = mkdtempSync(join(root, 'draft-'));
    files.forEach((file) => cpSync(join(__dirname, language, file), join(source, file)));
    renameSync(source, folder);
    await shell(`${INSTALL[language]}\ntouch ready`, folder);
  }
  return folder;
}
