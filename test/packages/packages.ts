import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { shell } from './shell';

/** The module of the library's Go package. */
export const GO_MODULE = 'github.com/cdk-private-backend/cdk-private-backend-go/cdkprivatebackend';

/** Of the peers the oldest versions that are supported, the same in each language. */
export interface Versions {
  readonly 'aws-cdk': string;
  readonly 'aws-cdk-lib': string;
  readonly 'constructs': string;
  readonly 'tsx': string;
}

export function versions(root: string): Versions {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: Versions }).devDependencies;
}

/** Compiles a copy of the repository from nothing and packages it for each language; returns the folder with the packages. */
export async function packageAll(root: string, work: string, mavenRepository: string): Promise<string> {
  const copy = join(work, 'repository');
  await copyRepository(root, copy);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  await shell('npx --no-install projen bundle && npx --no-install projen compile', copy);
  await shell(`npx --no-install jsii-pacmak --target js python java --maven-local-repository '${mavenRepository}'`, copy);
  await shell('npx --no-install jsii-pacmak --target go --code-only', copy);
  await repairGoModule(join(copy, 'dist/go/cdkprivatebackend'), versions(root).constructs);
  return join(copy, 'dist');
}

/** What git has or would have: no compiled files. A link to the modules is no folder of them, which git would ignore. */
export async function copyRepository(root: string, target: string): Promise<void> {
  const files = (await shell('git ls-files --cached --others --exclude-standard -z', root)).split('\0').filter((path) => path !== '' && path !== 'node_modules');
  const deleted = new Set((await shell('git ls-files --deleted -z', root)).split('\0'));
  files.filter((path) => !deleted.has(path)).forEach((path) => cpSync(join(root, path), join(target, path), { recursive: true }));
}

/**
 * jsii-pacmak writes the newest versions of what aws-cdk-lib depends on, and not every module proxy has them.
 * `go mod tidy` finds those that this aws-cdk-lib was released with.
 */
async function repairGoModule(module: string, constructs: string): Promise<void> {
  await shell(`sed -i '/cdklabs.*indirect/d; s#\\(constructs/v10\\) v.*#\\1 v${constructs}#' go.mod`, module);
}
