import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';
import type { CustomResourceResponse } from '../response-sink';
import type { CustomResourceEvent, World } from '../world';
import { lastRequest } from './events';

/** Delivers a request once more, as Lambda may at any time; answers with what would go to CloudFormation. */
export async function deliverAgain({ cloud, sink }: World, event: CustomResourceEvent): Promise<CustomResourceResponse> {
  const { url, response } = sink.expect(`${event.RequestId}-${event.LogicalResourceId}`);
  await cloud.invoke(event.ResourceProperties.ServiceToken, { ...event, ResponseURL: url });
  return response;
}

/** 9. Requests that are delivered again, long after they were answered, change nothing and answer the same. */
export async function lateDuplicates(report: Report, backend: Backend): Promise<void> {
  const state = async () => JSON.stringify([
    await backend.query('postgres', 'SELECT rolname, rolpassword FROM pg_authid ORDER BY 1'),
    await backend.query('postgres', 'SELECT datname, datacl FROM pg_database ORDER BY 1'),
    await Promise.all(Object.values(await backend.users()).map((secret) => backend.world.cloud.secret(secret))),
  ]);
  const [before, tasks] = [await state(), backend.world.ecs.ran.length];
  for (const type of ['Custom::PostgresDatabase', 'Custom::PostgresUser', 'Custom::Migration']) {
    const event = lastRequest(backend.world, type);
    const { Status, Reason = '', PhysicalResourceId } = await deliverAgain(backend.world, event);
    const same = event.PhysicalResourceId === undefined || event.PhysicalResourceId === PhysicalResourceId;
    report.check(Status === 'SUCCESS' && same, `a second ${event.RequestType} of ${type} succeeds with the same id`, Status === 'SUCCESS' ? PhysicalResourceId : Reason);
  }
  report.check(await state() === before, 'roles, passwords, databases and secrets are what they were');
  report.check(backend.world.ecs.ran.length === tasks, 'no task was started');
}
