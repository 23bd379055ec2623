import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { shell } from './shell';

/** The module of the library's Go package. */
export const GO_MODULE = 'github.com/cdk-private-backend/cdk-private-backend-go/cdkprivatebackend';

/** The versions of the peers that every language gets: the oldest that are supported. */
export function peers(root: string): { readonly 'aws-cdk-lib': string; readonly 'constructs': string } {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: ReturnType<typeof peers> }).devDependencies;
}

/** Compiles a copy of the repository from nothing and packages it for each language; returns the folder with the packages. */
export async function packageAll(root: string, work: string): Promise<string> {
  const copy = join(work, 'repository');
  await copyRepository(root, copy);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  await shell('npx --no-install projen bundle && npx --no-install projen compile', copy);
  await shell('npx --no-install jsii-pacmak --target js python java', copy);
  // Where Go's own build step fails depends on what the module proxy has, so it is the user's tools that build.
  await shell('npx --no-install jsii-pacmak --target go --code-only', copy);
  const dist = join(copy, 'dist');
  await repairGoModule(dist, peers(root).constructs);
  return dist;
}

/** What git has or would have: no compiled files. A link to the modules is no folder of them, which git would ignore. */
export async function copyRepository(root: string, target: string): Promise<void> {
  const files = (await shell('git ls-files --cached --others --exclude-standard -z', root)).split('\0').filter((path) => path !== '' && path !== 'node_modules');
  const deleted = new Set((await shell('git ls-files --deleted -z', root)).split('\0'));
  files.filter((path) => !deleted.has(path)).forEach((path) => cpSync(join(root, path), join(target, path), { recursive: true }));
}

/** The indirect requirements are those of jsii-pacmak's own dependencies: `go mod tidy` finds the ones that this aws-cdk-lib has. */
async function repairGoModule(dist: string, constructs: string): Promise<void> {
  await shell(`sed -i '/cdklabs.*indirect/d; s#\\(constructs/v10\\) v.*#\\1 v${constructs}#' go.mod`, join(dist, 'go/cdkprivatebackend'));
}
