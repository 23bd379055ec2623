import { github } from 'projen';
import { action } from './actions';
import { INSTALL } from './hardened-workflows';
import { addImageWorkflow } from './image-workflow';
import { PERMISSIVE_LICENSES } from './licenses';

/** The versions of Node.js that get fixes. Published handlers run on the newest of them. */
export const SUPPORTED_NODE_VERSIONS = ['22', '24'];

/** Adds the workflows besides build and release: the checks of `.ci/run`, CodeQL, dependency review, and what compares with the outside: RDS roots, actions and images. */
export function addWorkflows(hub: github.GitHub): void {
  addChecks(hub);
  addCodeQl(hub);
  addRdsRoots(hub);
  addActions(hub);
  addImageWorkflow(hub);
  new github.DependencyReview(hub, {
    failOnSeverity: 'moderate',
    failOnScopes: ['runtime', 'development'],
    allowLicenses: PERMISSIVE_LICENSES,
    commentSummaryInPr: 'never',
  });
}

function addChecks(hub: github.GitHub): void {
  const workflow = hub.addWorkflow('checks');
  workflow.on({ push: { branches: ['main'] }, pullRequest: {} });
  workflow.addJob('run', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 90,
    permissions: { contents: github.workflows.JobPermission.READ },
    strategy: { failFast: false, matrix: { domain: { node: SUPPORTED_NODE_VERSIONS } } },
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
        uses: action('github/codeql-action/init'),
        with: {
          'languages': '${{ matrix.language }}',
          // Go is compiled to be read; the others are read as they are.
          'build-mode': "${{ matrix.language == 'go' && 'autobuild' || 'none' }}",
          'queries': 'security-extended',
        },
      },
      { name: 'Analyse', uses: action('github/codeql-action/analyze'), with: { category: '/language:${{ matrix.language }}' } },
    ],
  });
}

/** The bundle that AWS publishes, at the address of its documentation. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html */
const RDS_BUNDLE = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem';

/**
 * Compares the roots of the library with AWS's trust store each month, and opens an issue where they differ: people decide whom clients trust.
 * What reads the download may write nothing; what opens the issue runs nothing of the repository and gets a report of regions and fingerprints.
 */
function addRdsRoots(hub: github.GitHub): void {
  const workflow = hub.addWorkflow('rds-roots');
  workflow.on({ schedule: [{ cron: '15 5 3 * *' }], workflowDispatch: {} });
  workflow.addJob('compare', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 15,
    permissions: { contents: github.workflows.JobPermission.READ },
    outputs: { different: { stepId: 'compare', outputName: 'different' } },
    steps: [
      checkout(),
      { name: 'Set up Node.js', uses: github.ActionRefs.ACTIONS_SETUP_NODE, with: { 'node-version': '24', 'package-manager-cache': false } },
      { name: 'Install dependencies', run: INSTALL },
      { name: 'Download', run: `curl --fail --silent --show-error --proto '=https' --max-filesize 1000000 --output bundle.pem ${RDS_BUNDLE}` },
      {
        name: 'Compare',
        id: 'compare',
        run: 'npx --no-install tsx projenrc/update-rds-roots.ts --compare bundle.pem > report.md || test -s report.md\ntest ! -s report.md || echo "different=true" >> "$GITHUB_OUTPUT"',
      },
      { name: 'Upload report', if: 'steps.compare.outputs.different', uses: github.ActionRefs.ACTIONS_UPLOAD_ARTIFACT, with: { name: 'report', path: 'report.md' } },
    ],
  });
  workflow.addJob('report', {
    needs: ['compare'],
    if: 'needs.compare.outputs.different',
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 5,
    permissions: { issues: github.workflows.JobPermission.WRITE },
    steps: [
      { name: 'Download report', uses: github.ActionRefs.ACTIONS_DOWNLOAD_ARTIFACT, with: { name: 'report' } },
      {
        name: 'Open an issue',
        env: { GH_TOKEN: '${{ github.token }}', GH_REPO: '${{ github.repository }}', TITLE: 'The RDS roots differ from the trust store of AWS' },
        run: [
          'open="$(gh issue list --state open --limit 200 --json title --jq "map(select(.title == env.TITLE)) | length")"',
          'test "$open" != 0 || gh issue create --title "$TITLE" --body-file report.md',
        ].join('\n'),
      },
    ],
  });
}

/** Asks the actions' repositories each week whether their tags still name the commits that workflows use. It only reads, and fails with the difference. */
function addActions(hub: github.GitHub): void {
  const workflow = hub.addWorkflow('actions');
  workflow.on({ schedule: [{ cron: '45 5 * * 1' }], workflowDispatch: {} });
  workflow.addJob('compare', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 15,
    permissions: { contents: github.workflows.JobPermission.READ },
    steps: [
      checkout(),
      { name: 'Set up Node.js', uses: github.ActionRefs.ACTIONS_SETUP_NODE, with: { 'node-version': '24', 'package-manager-cache': false } },
      { name: 'Install dependencies', run: INSTALL },
      { name: 'Compare', run: 'npx --no-install tsx projenrc/compare-actions.ts' },
    ],
  });
}

function checkout(): github.workflows.JobStep {
  return { name: 'Check out', uses: github.ActionRefs.ACTIONS_CHECKOUT };
}
