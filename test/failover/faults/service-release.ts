import type { Fault } from './fault';
import { expectNoFailure, useService } from './service-scene';
import type { Ending } from '../lab/service';

/** A rolling deployment of the service: nothing happens to the database. */
export const serviceRelease: Fault = {
  id: 'service-release',
  title: 'rolling release of the service',
  short: false,
  bounds: { direct: 5, balancer: 5, redundancy: 60 },
  async play(scene) {
    const endings: Ending[] = [];
    const answers = await useService(scene, async (service) => {
      scene.breaks();
      endings.push(...await service.release());
      scene.heals();
    });
    expectNoFailure(scene, answers);
    scene.expect('every old process ends by itself', endings.length === 2 && endings.every(({ code }) => code === 0), endings.map(({ code, seconds }) => `${code} after ${seconds.toFixed(1)} s`).join(', '));
    const closed = answers.filter(({ closes }) => closes === true).length;
    scene.expect('clients that kept a connection to it were asked to open another one', closed > 0, `${closed} answers`);
  },
};
