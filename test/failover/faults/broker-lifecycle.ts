import { join } from 'path';
import type { Fault } from './fault';
import { run } from '../lab/commands';

const ROOT = join(__dirname, '..', '..', '..');
const SUITE = ['jest', '--config', 'jest.config.json', '--ci', '--testMatch', '<rootDir>/test/postgres/lifecycle/external.e2e.ts'];

/** Nothing breaks: deployments of templates run through the broker, against the primary of three, as the admin that the nodes made. */
export const brokerLifecycle: Fault = {
  id: 'broker-lifecycle',
  title: 'lifecycles of databases and users, through the broker',
  short: false,
  bounds: { direct: 10, balancer: 10, redundancy: 60 },
  async play(scene) {
    const { username, password } = JSON.parse(await scene.leader.output(['cat', '/run/node/admin.json'])) as { username: string; password: string };
    scene.breaks();
    const { code, output } = await run('npx', ['--no-install', ...SUITE], {
      cwd: ROOT,
      timeout: 600,
      env: {
        ...process.env,
        SERVER_HOST: scene.leader.address,
        SERVER_PORT: '5432',
        SERVER_ADMIN: username,
        SERVER_PASSWORD: password,
        SERVER_CA_FILE: scene.leader.file('/etc/node/tls/ca.crt'),
      },
    });
    scene.heals();
    scene.note(output.split('\n').filter((line) => /^(Tests|Time):/.test(line)).join(' '));
    scene.expect('the suite of lifecycles passes', code === 0, code === 0 ? '' : output.slice(-4000));
  },
};
