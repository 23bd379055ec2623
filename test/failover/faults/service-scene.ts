import { requirePrimary, sql } from '../lab/cluster';
import { Service } from '../lab/service';
import type { Scene } from '../scene';
import { ServiceClients } from '../writers/service-clients';
import { isGood, isRefusal, kinds, longestWait, lostPeople, type Answer } from '../writers/service-judge';

/** Requests before which nothing can be said of them. */
const ENOUGH = 200;

/** Seconds of requests before and after something happens. */
const AROUND = 5;

/** Lets something happen while clients use hello-birthday; answers with what they got. */
export async function useService(scene: Scene, happens: (service: Service, answers: readonly Answer[]) => Promise<void>): Promise<readonly Answer[]> {
  const service = await Service.start(scene.lab);
  try {
    const clients = new ServiceClients();
    try {
      await scene.seconds(AROUND);
      await happens(service, clients.answers);
      await scene.seconds(AROUND);
    } finally {
      await clients.stop();
    }
    await expectStored(scene, clients);
    if (clients.answers.some((answer) => !isGood(answer) && !isRefusal(answer))) scene.note(service.log().split('\n').slice(-20).map((line) => line.slice(0, 400)).join('\n'));
    return clients.answers;
  } finally {
    service.stop();
  }
}

async function expectStored(scene: Scene, { answers, prefix }: ServiceClients): Promise<void> {
  const { code, output } = await sql(await requirePrimary(scene.hosts), 'hello', `SELECT username FROM people WHERE username LIKE '${prefix}%'`);
  if (code !== 0) throw new Error(`People can't be read: ${output}`);
  const lost = lostPeople(answers, new Set(output.split('\n')));
  scene.expect('every PUT with 204 is stored', lost.length === 0, `${lost.length} lost`);
  scene.expect(`clients of the service made at least ${ENOUGH} requests`, answers.length >= ENOUGH, kinds(answers));
}

/** Every request is answered as if nothing had happened. */
export function expectNoFailure(scene: Scene, answers: readonly Answer[]): void {
  const failed = answers.filter((answer) => !isGood(answer));
  scene.expect('no request to the service fails', failed.length === 0, failed.length === 0 ? `longest answer after ${longestWait(answers).toFixed(1)} s` : kinds(failed));
}

/** Requests are answered as usual, or with 503 and a time to come back. */
export function expectRefusalsOnly(scene: Scene, answers: readonly Answer[]): void {
  const refused = answers.filter((answer) => !isGood(answer));
  scene.expect('a request that fails gets 503 with Retry-After', refused.every(isRefusal), kinds(refused));
  scene.expect('some are refused, and none waits longer than 20 s', refused.length > 0 && longestWait(answers) < 20, `longest answer after ${longestWait(answers).toFixed(1)} s`);
}
