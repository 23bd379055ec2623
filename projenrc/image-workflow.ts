import { github } from 'projen';

/**
 * Asks the registries each week whether the tags of the pinned images still have the digests of `projenrc/images.json`. It only
 * reads, and fails with the difference: what a new image holds is for a person to review.
 */
export function addImageWorkflow(hub: github.GitHub): void {
  const workflow = hub.addWorkflow('images');
  workflow.on({ schedule: [{ cron: '15 5 * * 1' }], workflowDispatch: {} });
  workflow.addJob('compare', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 10,
    permissions: { contents: github.workflows.JobPermission.READ },
    steps: [
      { name: 'Check out', uses: github.ActionRefs.ACTIONS_CHECKOUT, with: { 'persist-credentials': false } },
      { name: 'Compare digests', run: 'node .ci/compare-images.mjs' },
    ],
  });
}
