import { readFileSync } from 'fs';
import { join } from 'path';

/** Lines of user data that install the idle detector, so that it works whatever later lines do. */
export function installIdleStop(idleSeconds: number): string[] {
  return [
    "cat > /usr/local/sbin/idle-stop <<'SCRIPT'",
    ...readFileSync(join(__dirname, '..', 'idle-stop.sh'), 'utf8').trimEnd().split('\n'),
    'SCRIPT',
    'chmod 755 /usr/local/sbin/idle-stop',
    "cat > /etc/systemd/system/idle-stop.service <<'UNIT'",
    '[Unit]',
    'Description=Powers the instance off when no session has been open for a while',
    '[Service]',
    'Type=oneshot',
    `ExecStart=/usr/local/sbin/idle-stop ${idleSeconds}`,
    'UNIT',
    "cat > /etc/systemd/system/idle-stop.timer <<'UNIT'",
    '[Unit]',
    'Description=Looks every minute whether the instance is in use',
    '[Timer]',
    'OnBootSec=1min',
    'OnUnitActiveSec=1min',
    'AccuracySec=5s',
    '[Install]',
    'WantedBy=timers.target',
    'UNIT',
    'systemctl daemon-reload',
    'systemctl enable --now idle-stop.timer',
  ];
}

/** psql, from the Amazon Linux repositories, which are in S3 and so also behind a gateway endpoint. */
export const INSTALL_PSQL = ['retry dnf install -y postgresql17 || dnf install -y postgresql16'];
