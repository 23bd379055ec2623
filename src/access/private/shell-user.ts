import type { IConstruct } from 'constructs';
import { physicalName } from '../../private/physical-name';

/** Of a name of 40 characters the part that no other construct of the account and region has; useradd takes 32. */
const HASH_LENGTH = 10;

/** The user that shells of one bastion run as, and that no other instance has. */
export function shellUserName(bastion: IConstruct): string {
  return `shell-${physicalName(bastion).slice(-HASH_LENGTH)}`;
}

/**
 * Lines of user data that make the user, with sudo as Session Manager's own has it. The image's user goes: whoever has the IAM tag
 * `SSMSessionRunAs` chooses another user than the document, and no other one should have sudo.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html
 */
export function createShellUser(name: string): string[] {
  return [
    `useradd --create-home --shell /bin/bash ${name}`,
    `echo '${name} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/bastion-shell && chmod 440 /etc/sudoers.d/bastion-shell`,
    'rm -f /etc/sudoers.d/90-cloud-init-users && userdel --force --remove ec2-user',
  ];
}
