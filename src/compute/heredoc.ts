import { readFileSync } from 'fs';

/** Bash lines that write a file as it stands here: nothing in it is expanded. */
export function writeFile(path: string, mark: string, lines: string[]): string[] {
  return [`cat > ${path} <<'${mark}'`, ...lines, mark];
}

/** Bash lines that install a script of this library as a command. */
export function installScript(name: string, file: string): string[] {
  const path = `/usr/local/sbin/${name}`;
  return [...writeFile(path, 'SCRIPT', readFileSync(file, 'utf8').trimEnd().split('\n')), `chmod 755 ${path}`];
}

/** What a timer of systemd runs, and when. */
export interface TimerProps {
  readonly name: string;
  /** What it does, and when: two sentences without a full stop. */
  readonly description: string;
  readonly timerDescription: string;
  /** Lines of the unit before its service, such as conditions. */
  readonly conditions?: string[];
  readonly commands: string[];
  readonly schedule: string[];
}

/** Bash lines that write a service and its timer, and start the timer. */
export function installTimer({ name, description, timerDescription, conditions = [], commands, schedule }: TimerProps): string[] {
  return [
    ...writeFile(`/etc/systemd/system/${name}.service`, 'UNIT', [
      '[Unit]',
      `Description=${description}`,
      ...conditions,
      '[Service]',
      'Type=oneshot',
      ...commands.map((command) => `ExecStart=${command}`),
    ]),
    ...writeFile(`/etc/systemd/system/${name}.timer`, 'UNIT', [
      '[Unit]',
      `Description=${timerDescription}`,
      '[Timer]',
      ...schedule,
      '[Install]',
      'WantedBy=timers.target',
    ]),
    'systemctl daemon-reload',
    `systemctl enable --now ${name}.timer`,
  ];
}
