import type { CfnResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { installTimer } from './heredoc';
import { AMAZON_LINUX_2023 } from './private/amazon-linux';
import { DEBIAN_13 } from './private/debian';
import type { OperatingSystem } from './private/operating-system';

/** Image of an instance, and how an instance of it does at its first boot what every instance does. */
export class InstanceImage {
  public static amazonLinux2023(): InstanceImage {
    return new InstanceImage(AMAZON_LINUX_2023);
  }

  public static debian13(): InstanceImage {
    return new InstanceImage(DEBIAN_13);
  }

  private constructor(private readonly system: OperatingSystem, private readonly ownId?: string) {}

  /** An image of one's own with the same system. What it holds already is not installed again. */
  public prebuilt(imageId: string): InstanceImage {
    return new InstanceImage(this.system, imageId);
  }

  public get rootDevice(): string {
    return this.system.rootDevice;
  }

  /** Whether an instance has to reach mirrors of packages, which no endpoint of a network serves. */
  public get needsMirrors(): boolean {
    return this.system.needsMirrors && this.ownId === undefined;
  }

  /** Whether the user names the image, so that another one is a change to deploy. */
  public get isChosen(): boolean {
    return this.ownId !== undefined;
  }

  /** As launch templates take it: EC2 looks for the newest image at each launch. */
  public idFor(architecture: ec2.InstanceArchitecture): string {
    return this.ownId ?? `resolve:ssm:${this.system.parameterOf(architecture)}`;
  }

  /** Id of a launch template that stays on its first version for ever. */
  public templateIdFor(architecture: ec2.InstanceArchitecture): string {
    return `Template${this.system.id}${architecture === ec2.InstanceArchitecture.ARM_64 ? 'Arm64' : 'X8664'}`;
  }

  /**
   * What every instance does first. `retry` waits for routes and endpoints that may be younger than the instance; package managers need more memory
   * than the smallest instances have. A timer since boot, not of the day, also patches an instance that is seldom on. `set -e` does not see what
   * fails within `&&`.
   */
  public prepare(orElse: string): string[] {
    return [
      'set -u',
      'retry() { for _ in $(seq 1 30); do "$@" && return 0; sleep 10; done; return 1; }',
      `fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile && echo "/swapfile none swap sw 0 0" >> /etc/fstab${orElse}`,
      ...this.system.packages(orElse),
      ...installTimer({
        name: 'patch-itself',
        description: 'Installs security updates',
        timerDescription: 'Installs security updates after each boot and every day',
        commands: this.system.securityUpdates,
        schedule: ['OnBootSec=2min', 'OnUnitActiveSec=1d'],
      }),
    ];
  }

  /** Ends the set-up with the first command that fails, and sends how it ended, with the last lines of its log where the system can. */
  public report(resource: CfnResource): string[] {
    return [
      'set -Eeuo pipefail',
      'report() {',
      '  code=$?',
      '  reason="Set-up ended with code $code: $(tail -c 300 /var/log/cloud-init-output.log | tr -cs "[:print:]" " ")"',
      ...this.system.signal(resource),
      '}',
      'trap report EXIT',
    ];
  }

  /** Lets a role send what `report` sends. */
  public allowReport(role: iam.IRole): void {
    this.system.signalStatements().forEach((statement) => role.addToPrincipalPolicy(statement));
  }
}
