import { Component, github, JsonPatch } from 'projen';

type Job = github.workflows.Job;
type Step = github.workflows.JobStep;

const { READ, WRITE } = { READ: github.workflows.JobPermission.READ, WRITE: github.workflows.JobPermission.WRITE };

/** Scripts of dependencies never run: nothing here needs them, and one of them would run with whatever its job may do. */
export const INSTALL = 'npm ci --ignore-scripts --no-audit --no-fund';

/** The folder whose lock file holds publib and all that it needs; projen would install the newest at each release. */
export const PUBLISHER = '.ci/publib';

/** Commands of publib that install packages from PyPI themselves, in whatever version is the newest. They find those of a lock file instead, and no index. */
const ASKS_PYPI = ['publib-pypi', 'publib-nuget'];
const PYTHON_LOCK = '.ci/python/publib.txt';

/** The only jobs that write to the repository: what everything else is for. */
const MAY_WRITE_CONTENTS = ['release_github'];

/**
 * What projen makes, with less: no job has a permission or a credential that its steps don't use, no script of a dependency runs, and
 * a package is made where nothing can be published and published where nothing of the repository's dependencies runs.
 *
 * Must be the last component: others add their jobs before they are synthesised.
 */
export class HardenedWorkflows extends Component {
  constructor(private readonly hub: github.GitHub) {
    super(hub.project);
  }

  public preSynthesize(): void {
    this.lintTitlesWithoutSecrets();
    this.releaseMainOnly();
    for (const workflow of this.hub.workflows) {
      // Each job names what it needs.
      workflow.file?.patch(JsonPatch.add('/permissions', {}));
      for (const [id, job] of Object.entries(workflow.jobs)) {
        if ('steps' in job) {
          workflow.updateJobs({ ...(publishes(job) ? separated(id, job) : { [id]: job }) });
        }
      }
      for (const [id, job] of Object.entries(workflow.jobs)) {
        if ('steps' in job) {
          workflow.updateJob(id, hardened(id, job));
        }
      }
    }
  }

  /** Started by hand on another branch, nothing is released by mistake. Against intent, the environment must name the branch too. */
  private releaseMainOnly(): void {
    const workflow = this.hub.tryFindWorkflow('release');
    workflow?.updateJob('release', { ...workflow.getJob('release') as Job, if: "github.ref == 'refs/heads/main'" });
  }

  /** Runs for pull requests of forks in their own context, with a token that reads; `pull_request_target` would bring this repository's. */
  private lintTitlesWithoutSecrets(): void {
    const workflow = this.hub.tryFindWorkflow('pull-request-lint');
    const job = workflow?.getJob('validate') as Job | undefined;
    if (workflow === undefined || job === undefined) {
      throw new Error("projen makes no workflow 'pull-request-lint' any more. Look at what lints the titles now.");
    }
    workflow.on({ pullRequestTarget: undefined, pullRequest: { types: ['opened', 'edited', 'reopened', 'synchronize'] } });
    workflow.updateJob('validate', { ...job, if: "github.event_name == 'pull_request'", permissions: { pullRequests: READ } });
  }
}

/** projen has steps that are made when they are rendered. */
function stepsOf(job: Job): Step[] {
  const steps: unknown = job.steps;
  return typeof steps === 'function' ? (steps as () => Step[])() : job.steps;
}

function hardened(id: string, job: Job): Job {
  const permissions = job.permissions.contents === WRITE && !MAY_WRITE_CONTENTS.includes(id) ? { ...job.permissions, contents: READ } : job.permissions;
  return { ...job, permissions, steps: stepsOf(job).map(hardenedStep) };
}

function hardenedStep(step: Step): Step {
  if (step.uses?.startsWith('actions/checkout@')) {
    return { ...step, with: { ...step.with, 'persist-credentials': false } };
  }
  if (step.run === undefined) {
    return step;
  }
  // An expression becomes part of the script before the shell reads it; a variable doesn't.
  return { ...step, run: step.run.replace(/\bnpm (?:ci|install)\b.*$/gm, INSTALL).replace(/\$\{\{ runner\.temp \}\}(\/[\w.]+)?/g, '"$RUNNER_TEMP$1"') };
}

/** A job of projen that packages for a registry and publishes there, in one. */
function publishes(job: Job): boolean {
  return stepsOf(job).some(({ run }) => run !== undefined && /\bpublib@/.test(run));
}

/** Such a job as two: one that packages and reads, one that publishes and has what publishing needs. */
function separated(id: string, job: Job): { [id: string]: Job } {
  const steps = stepsOf(job);
  const publish = steps[steps.length - 1];
  const command = /\b(publib-[a-z]+)\b/.exec(publish.run ?? '')?.[1];
  if (command === undefined || !id.startsWith('release_')) {
    throw new Error(`The last step of the job '${id}' doesn't publish: ${JSON.stringify(publish)}`);
  }
  const packaging = id.replace('release_', 'package_');
  const artifact = `package-${id.replace('release_', '')}`;
  return {
    [packaging]: {
      ...job,
      name: job.name?.replace('Publish to', 'Package for'),
      environment: undefined,
      permissions: { contents: READ },
      steps: [...steps.slice(0, -1), {
        name: 'Upload package',
        uses: github.ActionRefs.ACTIONS_UPLOAD_ARTIFACT,
        with: { 'name': artifact, 'path': 'dist', 'if-no-files-found': 'error' },
      }],
    },
    [id]: publishing(job, publish, { command, artifact, needs: [...[job.needs ?? []].flat(), packaging] }),
  };
}

function publishing(job: Job, publish: Step, { command, artifact, needs }: { command: string; artifact: string; needs: string[] }): Job {
  const python = ASKS_PYPI.includes(command);
  return {
    ...job,
    needs,
    tools: python ? { ...job.tools, python: { version: '3.13' } } : job.tools,
    steps: [
      { name: 'Check out the lock files of the publisher', uses: github.ActionRefs.ACTIONS_CHECKOUT, with: { 'path': '.repo', 'sparse-checkout': '.ci' } },
      { name: 'Download package', uses: github.ActionRefs.ACTIONS_DOWNLOAD_ARTIFACT, with: { name: artifact, path: 'dist' } },
      { name: 'Install publisher', run: `cd .repo/${PUBLISHER} && ${INSTALL}` },
      ...(python ? [{ name: 'Download packages from PyPI', run: `python3 -m pip download --quiet --require-hashes --only-binary :all: --dest .wheels -r .repo/${PYTHON_LOCK}` }] : []),
      {
        ...publish,
        env: { ...publish.env, ...(python ? { PIP_NO_INDEX: '1', PIP_FIND_LINKS: '${{ github.workspace }}/.wheels' } : {}) },
        run: `.repo/${PUBLISHER}/node_modules/.bin/${command}`,
      },
    ],
  };
}
