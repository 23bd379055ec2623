/**
 * Compares the commits of `actions.ts` with the tags in the actions' own repositories: `npx tsx projenrc/compare-actions.ts`. A tag that names another
 * commit was moved, or the line is wrong. Needs git and the internet; the workflow `actions` runs it each week.
 */
import { execFileSync } from 'node:child_process';
import { PINNED_ACTIONS, type PinnedAction } from './actions';

/** The commit that a tag of a repository names. An annotated tag is an object of its own, and its commit stands in a second line. */
export function commitOf(repository: string, tag: string): string | undefined {
  const lines = execFileSync('git', ['ls-remote', '--', repository, `refs/tags/${tag}`, `refs/tags/${tag}^{}`], { encoding: 'utf8' }).trim().split('\n');
  const commits = Object.fromEntries(lines.map((line) => line.split('\t').reverse())) as { [ref: string]: string | undefined };
  return commits[`refs/tags/${tag}^{}`] ?? commits[`refs/tags/${tag}`];
}

/** What differs, a line each. */
export function movedActions(pinned: { readonly [action: string]: PinnedAction }, host = 'https://github.com'): string[] {
  return Object.entries(pinned).flatMap(([action, { version, commit }]) => {
    const now = commitOf(`${host}/${action.split('/').slice(0, 2).join('/')}`, version);
    return now === commit ? [] : [`${action} ${version} is ${commit} in projenrc/actions.ts and ${now ?? 'missing'} in its repository.`];
  });
}

if (require.main === module) {
  const moved = movedActions(PINNED_ACTIONS);
  moved.forEach((line) => console.error(line));
  console.log(`${Object.keys(PINNED_ACTIONS).length} actions, ${moved.length} differ`);
  process.exitCode = moved.length === 0 ? 0 : 1;
}
