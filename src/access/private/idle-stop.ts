import { join } from 'path';
import { installScript, installTimer } from '../../compute/heredoc';

/** Lines of user data that install the idle detector, so that it works whatever later lines do. */
export function installIdleStop(idleSeconds: number): string[] {
  return [
    ...installScript('idle-stop', join(__dirname, '..', 'idle-stop.sh')),
    ...installTimer({
      name: 'idle-stop',
      description: 'Powers the instance off when no session has been open for a while',
      timerDescription: 'Looks every minute whether the instance is in use',
      commands: [`/usr/local/sbin/idle-stop ${idleSeconds}`],
      schedule: ['OnBootSec=1min', 'OnUnitActiveSec=1min', 'AccuracySec=5s'],
    }),
  ];
}

/** psql, from the Amazon Linux repositories, which are in S3 and so also behind a gateway endpoint. */
export const INSTALL_PSQL = ['retry dnf install -y postgresql17 || dnf install -y postgresql16'];
