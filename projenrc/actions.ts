import * as fs from 'fs';
import * as path from 'path';
import { Component, github } from 'projen';
import { writeFile } from 'projen/lib/util';

/** A released version of an action and the commit that its tag named when the line was written. */
export interface PinnedAction {
  readonly version: string;
  readonly commit: string;
}

/**
 * Every action that a workflow may use, of this repository or of an example. A tag can be moved to other code, a commit can't.
 *
 * To renew a line, look the tag up in the action's own repository (`git ls-remote --tags`; of an annotated tag the line that ends in `^{}`), and find
 * the same pair in workflows of others. Of the lines below, nine were read from the tags of the action's repository; those of dependency-review-action,
 * setup-java, upload-artifact and codeql-action are newer than the copies that could be read, and stand in ten public files each.
 */
export const PINNED_ACTIONS: { readonly [action: string]: PinnedAction } = {
  'actions/checkout': { version: 'v7.0.1', commit: '3d3c42e5aac5ba805825da76410c181273ba90b1' },
  'actions/dependency-review-action': { version: 'v5.0.0', commit: 'a1d282b36b6f3519aa1f3fc636f609c47dddb294' },
  'actions/download-artifact': { version: 'v8.0.1', commit: '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c' },
  'actions/setup-dotnet': { version: 'v6.0.0', commit: 'a98b56852c35b8e3190ac28c8c2271da59106c68' },
  'actions/setup-go': { version: 'v7.0.0', commit: 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e' },
  'actions/setup-java': { version: 'v6.0.0', commit: 'dd06d9cba3e5552c54d9f8ea23572deb30010f7c' },
  'actions/setup-node': { version: 'v7.0.0', commit: '820762786026740c76f36085b0efc47a31fe5020' },
  'actions/setup-python': { version: 'v7.0.0', commit: '5fda3b95a4ea91299a34e894583c3862153e4b97' },
  'actions/upload-artifact': { version: 'v7.0.1', commit: '043fb46d1a93c77aae656e7c1c64a875d1fc6a0a' },
  'amannn/action-semantic-pull-request': { version: 'v6.1.1', commit: '48f256284bd46cdaab1048c3721360e808335d50' },
  'aws-actions/configure-aws-credentials': { version: 'v6.2.3', commit: 'e6de054238d6b7531b4efff3b6587d9aade6a06c' },
  'github/codeql-action/analyze': { version: 'v4.37.6', commit: '5595ccaf912efad79be6eef63a5619ff05969be3' },
  'github/codeql-action/init': { version: 'v4.37.6', commit: '5595ccaf912efad79be6eef63a5619ff05969be3' },
  'peter-evans/create-pull-request': { version: 'v8.1.1', commit: '5f6978faf089d4d20b00c7766989d076bb2fc7f1' },
};

/** An action by its commit, for `uses`. */
export function action(name: string): string {
  const pinned = PINNED_ACTIONS[name];
  if (pinned === undefined) {
    throw new Error(`The action '${name}' has no commit in projenrc/actions.ts. Add a line for it.`);
  }
  return `${name}@${pinned.commit}`;
}

/** A workflow's text with the version behind each commit: a reader, and whoever renews it, sees which release it is. */
export function withVersions(workflow: string): string {
  return workflow.replace(/^( *(?:- )?uses: )(\S+?)@(\S+)$/gm, (line, start: string, name: string, ref: string) => {
    const pinned = PINNED_ACTIONS[name];
    if (pinned === undefined || pinned.commit !== ref) {
      throw new Error(`The workflow uses '${name}@${ref}', which is not in projenrc/actions.ts: ${line.trim()}`);
    }
    return `${start}${name}@${ref} # ${pinned.version}`;
  });
}

/** Replaces the references that projen has for actions, and those of its own workflows, by commits. */
export class PinnedActions extends Component {
  constructor(private readonly hub: github.GitHub) {
    super(hub.project);
    Object.keys(PINNED_ACTIONS).forEach((name) => hub.actions.set(name, action(name)));
  }

  /** In the text: YAML that is generated has no comments. */
  public postSynthesize(): void {
    for (const { file } of this.hub.workflows) {
      if (file !== undefined) {
        const target = path.join(this.project.outdir, file.path);
        writeFile(target, withVersions(fs.readFileSync(target, 'utf8')), { readonly: true });
      }
    }
  }
}
