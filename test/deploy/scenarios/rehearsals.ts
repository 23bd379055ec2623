import { deliverAgain } from './duplicates';
import { checkDeployed, checkFailed, failures, lastRequest, precedes } from './events';
import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';

const REHEARSAL = 'Custom::Rehearsal';
const SERVICE = 'AWS::ECS::Service';

/** How a version fails, and what CloudFormation says of it. */
const REASONS: Record<string, RegExp> = {
  'crash': /REHEARSAL_FAILED[^]*container 'Service' ended with exit code 1 [^]*stream 'Service\/Service\/[^]*relation "people" does not exist/,
  'no-field': /TASK_NOT_STARTED[^]*did not contain json key tokens[^]*Check the name of the secret and of its field in `secrets`/,
  'foreign': /REHEARSAL_FAILED[^]*docker build --platform linux\/arm64[^]*exec format error/,
  'no-program': /TASK_NOT_STARTED[^]*CannotStartContainerError[^]*Check `command` and `entryPoint`/,
  'error': /REHEARSAL_FAILED[^]*GET \/healthz on port 8080 answered 500, and not 200 to 299 twice, within 15 seconds[^]*not ready: no connection to the database/,
  'local': /REHEARSAL_FAILED[^]*listens on port 8080 of 127\.0\.0\.1 only[^]*has to listen on 0\.0\.0\.0/,
  'write': /REHEARSAL_FAILED[^]*`writablePaths`[^]*EROFS/,
  'done': /REHEARSAL_FAILED[^]*container 'Service' ended with exit code 0/,
  'sidecar': /REHEARSAL_FAILED[^]*container 'Proxy' ended with exit code 2[^]*bad configuration/,
  'unhealthy': /REHEARSAL_FAILED[^]*the health check of container 'Service' did not succeed/,
};

/** A first deployment with an empty repository ends at once, says how to push, and leaves nothing that waits. */
export async function emptyRepository(report: Report, backend: Backend): Promise<void> {
  const failed = await backend.deploy({ context: { mode: 'missing' } });
  checkFailed(report, failed, REHEARSAL, /TASK_NOT_STARTED[^]*CannotPullContainerError[^]*docker build --platform linux\/arm64 --tag \S+\/api:7 --push \./);
  report.check(failed.tasks.length === 1, 'an image that is missing is not tried again', `${failed.tasks.length} task(s)`);
  report.check(!failed.events.some(({ ResourceType }) => ResourceType === SERVICE), 'the service was never begun');
}

/** A version that starts, also one that takes a while, is rehearsed once and deployed; the same again is not. */
export async function goodVersions(report: Report, backend: Backend): Promise<void> {
  for (const mode of ['ready', 'slow']) {
    const deployed = await backend.deploy({ context: { mode } });
    checkDeployed(report, deployed, `cdk deploy of a version that is ${mode} succeeds`);
    report.check(deployed.tasks.length === 1 && precedes(deployed.events, [REHEARSAL, /_COMPLETE$/], [SERVICE, /_IN_PROGRESS$/]), 'after one rehearsal, the service is begun', deployed.tasks[0]?.lines.at(-1));
    report.check(/rehearsal: true/.test(deployed.tasks[0]?.lines.join()), 'and the containers know that it is one');
  }
  const again = await deliverAgain(backend.world, lastRequest(backend.world, REHEARSAL));
  report.check(again.Status === 'SUCCESS', 'the request, delivered again, finds its task');
  const ran = backend.world.ecs.ran.length;
  checkDeployed(report, await backend.deploy({ context: { mode: 'slow' } }), 'cdk deploy of the same succeeds');
  report.check(backend.world.ecs.ran.length === ran, 'without another rehearsal');
}

/** Each way to fail leaves the service as it was, and its reason in CloudFormation. */
export async function badVersions(report: Report, backend: Backend): Promise<void> {
  for (const [mode, reason] of Object.entries(REASONS)) {
    const [before] = await backend.serviceTaskDefinitions();
    const failed = await backend.deploy({ context: { mode } });
    checkFailed(report, failed, REHEARSAL, reason);
    const touched = failed.events.some(({ ResourceType, ResourceStatus = '', PhysicalResourceId = '' }) => ResourceType === SERVICE && ResourceStatus === 'UPDATE_IN_PROGRESS' && PhysicalResourceId !== '');
    report.check((await backend.serviceTaskDefinitions())[0] === before, `the service does not know of the version that fails by '${mode}'`, touched ? failures(failed.events).join('; ') : '');
    report.check(await backend.status() === 'UPDATE_ROLLBACK_COMPLETE', 'the stack has rolled back, and nothing was rehearsed for that', `${failed.tasks.length} task(s)`);
  }
}

/** A request that is delivered a second time while its task runs follows that task. */
export async function duplicateRehearsal(report: Report, backend: Backend): Promise<void> {
  const running = backend.world.ecs.nextTask();
  const deploying = backend.deploy({ context: { mode: 'ready' } });
  await Promise.race([running, deploying]);
  const duplicate = deliverAgain(backend.world, lastRequest(backend.world, REHEARSAL));
  const deployed = await deploying;
  checkDeployed(report, deployed);
  const { Status } = await duplicate;
  report.check(Status === 'SUCCESS' && deployed.tasks.length === 1, 'one task ran for two deliveries of one request');
}

/** A function that is gone without an answer is invoked again by Lambda, and goes on with the task of the first. */
export async function lostFunction(report: Report, backend: Backend): Promise<void> {
  const { world } = backend;
  const running = world.ecs.nextTask();
  const deploying = backend.deploy({ context: { mode: 'slow' } });
  await Promise.race([running, deploying]);
  const event = lastRequest(world, REHEARSAL);
  report.check(world.killFunctionOf(event), 'the function is killed while its task runs');
  await world.cloud.invoke(event.ResourceProperties.ServiceToken, event);
  const deployed = await deploying;
  checkDeployed(report, deployed);
  report.check(deployed.tasks.length === 1, 'one task ran for it');
}
