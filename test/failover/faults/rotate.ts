import type { Fault } from './fault';
import type { Host } from '../lab/host';

/** Certificate that Patroni of a host shows. */
const serial = (host: Host) => host.bash(`openssl s_client -connect ${host.address}:8008 < /dev/null 2> /dev/null | openssl x509 -noout -serial`);

/** Every node gets another certificate, and the admin another password, while clients write. */
export const rotate: Fault = {
  id: 'rotate',
  title: 'certificates and the admin secret rotated',
  short: false,
  bounds: { direct: 5, balancer: 5, redundancy: 60 },
  async play(scene) {
    const before = await Promise.all(scene.hosts.map(serial));
    const password = `rotated-${Date.now()}`;
    scene.breaks();
    scene.lab.aws.rotateAdmin(password);
    for (const host of scene.hosts) {
      await host.bash('bash /opt/first-boot/certificates.sh now');
      await host.bash('systemctl restart node-secrets');
    }
    await scene.leader.bash('systemctl start node-settings');
    await scene.seconds(10);
    scene.heals();
    const after = await Promise.all(scene.hosts.map(serial));
    scene.expect('every REST API shows another certificate', after.every((one, index) => one !== before[index]), after.map((one) => one.trim()).join(', '));
    const { code, output } = await scene.clients.loginAsAdmin(password);
    scene.expect('the admin logs in with the new password, verifying the new certificate', code === 0, output.trim());
  },
};
