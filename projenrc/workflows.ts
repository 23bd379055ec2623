import { github } from 'projen';

/** Actions that projen does not know, by version. @see https://github.com/github/codeql-action/releases */
const CODEQL_VERSION = 'v4.37.3';

const PERMISSIVE_LICENSES = [
  '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC-BY-4.0', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'PostgreSQL', 'Python-2.0', 'Unlicense',
];

/** Adds the workflows besides build and release: the checks of `.ci/run`, CodeQL and dependency review. */
export function addWorkflows(hub: github.GitHub): void {
  addChecks(hub);
  addCodeQl(hub);
  new github.DependencyReview(hub, {
    failOnSeverity: 'moderate',
    failOnScopes: ['runtime', 'development'],
    allowLicenses: PERMISSIVE_LICENSES,
    commentSummaryInPr: 'on-failure',
  });
}

function addChecks(hub: github.GitHub): void {
  const workflow = hub.addWorkflow('checks');
  workflow.on({ push: { branches: ['main'] }, pullRequest: {} });
  workflow.addJob('run', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 90,
    permissions: { contents: github.workflows.JobPermission.READ },
    // The oldest Node.js that contributors may use, and the one that published handlers run on.
    strategy: { failFast: false, matrix: { domain: { node: ['20', '24'] } } },
    steps: [
      checkout(),
      { name: 'Set up Node.js', uses: github.ActionRefs.ACTIONS_SETUP_NODE, with: { 'node-version': '${{ matrix.node }}', 'package-manager-cache': false } },
      { name: 'Set up Go', uses: github.ActionRefs.ACTIONS_SETUP_GO, with: { 'go-version': '1.26', 'cache': false } },
      { name: 'Check everything', run: 'bash .ci/run' },
    ],
  });
}

function addCodeQl(hub: github.GitHub): void {
  const workflow = hub.addWorkflow('codeql');
  workflow.on({ push: { branches: ['main'] }, pullRequest: {}, schedule: [{ cron: '30 4 * * 1' }] });
  workflow.addJob('analyze', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 30,
    permissions: { contents: github.workflows.JobPermission.READ, securityEvents: github.workflows.JobPermission.WRITE },
    strategy: { failFast: false, matrix: { domain: { language: ['actions', 'go', 'javascript-typescript'] } } },
    steps: [
      checkout(),
      {
        name: 'Initialise',
        uses: `github/codeql-action/init@${CODEQL_VERSION}`,
        with: {
          'languages': '${{ matrix.language }}',
          // Go is compiled to be read; the others are read as they are.
          'build-mode': "${{ matrix.language == 'go' && 'autobuild' || 'none' }}",
          'queries': 'security-extended',
        },
      },
      { name: 'Analyse', uses: `github/codeql-action/analyze@${CODEQL_VERSION}`, with: { category: '/language:${{ matrix.language }}' } },
    ],
  });
}

function checkout(): github.workflows.JobStep {
  return { name: 'Check out', uses: github.ActionRefs.ACTIONS_CHECKOUT, with: { 'persist-credentials': false } };
}
