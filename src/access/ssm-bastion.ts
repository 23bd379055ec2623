import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import { BastionTunnel, type BastionTunnelOptions } from './bastion-tunnel';
import { Posture } from '../posture';
import { installIdleStop, INSTALL_PSQL } from './private/idle-stop';
import { grantSession, sessionCommand } from './private/session-grants';
import { ShellSession } from './private/shell-session';
import { createShellUser, shellUserName } from './private/shell-user';
import { HardenedInstance } from '../compute/hardened-instance';
import { allowSessions } from '../compute/sessions';
import { connectionsIn } from '../network/shared/connections';
import { LOGS_SERVICE } from '../network/shared/endpoint-services';
import { openHttps } from '../network/shared/endpoints-only';
import { placeBastion } from '../network/shared/instance-placement';
import { requireTaskEndpoints } from '../network/shared/placement';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { requireKind, requireNewId, VPC } from '../private/props';

/** A way into a network for people, by Session Manager. */
export interface ISsmBastion extends IConstruct, ec2.IConnectable, iam.IGrantable {
  /** The instance that sessions end on. */
  readonly instance: ec2.IInstance;
}

/** Properties of a bastion. */
export interface SsmBastionProps {
  /** The network to get into. */
  readonly vpc: ec2.IVpc;

  /**
   * Where the bastion stands. Changing it replaces the bastion.
   *
   * @default - the posture's tier: public subnets in development, private in production; where the network lacks it,
   * private with egress, else public, else isolated. In a network with Egress.vpcEndpoints() isolated
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Instance type. Another architecture replaces the bastion, another size restarts it.
   *
   * @default - t4g.nano
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Time without a session after which the bastion stops itself, at least 5 minutes. Changing it replaces the bastion.
   *
   * @default Duration.minutes(30)
   */
  readonly idleTimeout?: Duration;

  /**
   * Whether shell sessions opened with `shellCommand` are logged to CloudWatch Logs. Tunnels cannot be logged.
   *
   * @default - from the posture: false in development, true in production
   */
  readonly sessionLogging?: boolean;

  /**
   * How long session logs are kept.
   *
   * @default - from the posture: one week in development, three months in production
   */
  readonly sessionLogRetention?: logs.RetentionDays;

  /**
   * Key that session logs are encrypted with. The key is told to serve CloudWatch Logs.
   *
   * @default - CloudWatch Logs encrypts them with a key of its own
   */
  readonly sessionLogEncryptionKey?: kms.IKey;

  /**
   * What happens to session logs when the bastion leaves the stack: destroy, retain, or retain on update or delete, which deletes
   * them where the first deployment fails.
   *
   * @default - from the posture: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

const DEFAULT_IDLE_TIMEOUT = Duration.minutes(30);
const SHORTEST_IDLE_TIMEOUT = Duration.minutes(5);

/**
 * A way into the network for people. It has no open port and no key, and stops itself when idle.
 *
 * ## What it makes
 *
 * An Amazon Linux 2023 instance on arm64 with psql, its role, security group and launch template, a session document for
 * shells and, with logging, a log group. `addTunnel` adds a pinned port forwarding for each target.
 *
 * ## Defaults that matter
 *
 * The bastion stops itself after 30 minutes without a session, whoever opened the sessions, and is started by the
 * commands that open one. It installs security updates after each boot and every day; those of the kernel are in force from its
 * next start on. A new image of AWS changes nothing.
 * What does replace it: another subnet or architecture, another idle timeout, and a release of this library with another
 * set-up script. Nothing on it is worth keeping.
 *
 * ## Security considerations
 *
 * No ingress rule and no key pair; IMDSv2; an encrypted volume. Its role has the five actions of Session Manager, and with
 * logging those to write the session log. It may connect to HTTPS and to the targets of its tunnels, nothing else. Grant
 * tunnels rather than shells: a shell has sudo. It runs as a user that only this bastion has, so the shell of another bastion fails
 * here, and it ends after 12 hours. With a public subnet the bastion has a public address while it runs, and still accepts no connection.
 *
 * ## Cost
 *
 * In us-east-1: t4g.nano 0.0042 USD an hour while it runs, plus 0.005 for a public address; stopped only the 8 GB volume,
 * 0.64 USD a month.
 *
 * @example
 * import { Stack, aws_ec2 as ec2 } from 'aws-cdk-lib';
 * import { IPostgres, SsmBastion } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const vpc: ec2.IVpc;
 * declare const postgres: IPostgres;
 * const bastion = new SsmBastion(stack, 'Bastion', { vpc });
 * const tunnel = bastion.addTunnel('Postgres', { target: postgres });
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
 */
export class SsmBastion extends Construct implements ISsmBastion {
  /** The instance that sessions end on. */
  public readonly instance: ec2.IInstance;

  /** The role of the instance. */
  public readonly role: iam.IRole;

  /** The role of the instance, to grant permissions to. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The bastion's security group, without any ingress rule. */
  public readonly connections: ec2.Connections;

  /** What to type in a POSIX shell to get a shell on the bastion. */
  public readonly shellCommand: string;

  /** Where shell sessions are logged; undefined without logging. */
  public readonly sessionLogGroup?: logs.ILogGroup;

  private readonly shell: ShellSession;
  private readonly tunnels: Construct;

  /**
   * @throws InvalidBackendError for an idle timeout under 5 minutes, subnets that do not exist, and, at synth, for a
   * network made in this app where Session Manager cannot be reached
   */
  constructor(scope: Construct, id: string, props: SsmBastionProps) {
    super(scope, id);
    requireKind(this, 'vpc', props.vpc, VPC);
    const posture = Posture.of(this);
    this.role = this.createRole();
    this.grantPrincipal = this.role;
    this.connections = connectionsIn(this, props.vpc, { securityGroups: [this.createSecurityGroup(props.vpc)] });
    const user = shellUserName(this);
    this.shell = new ShellSession(this, 'Shell', {
      user,
      logging: props.sessionLogging ?? posture.sessionLogging,
      retention: props.sessionLogRetention ?? posture.logRetention,
      removalPolicy: dataRemovalPolicy(this, props.removalPolicy),
      encryptionKey: props.sessionLogEncryptionKey,
      role: this.role,
    });
    this.sessionLogGroup = this.shell.logGroup;
    this.instance = this.createInstance(props, posture, user);
    this.shellCommand = sessionCommand(this, this.instance, this.shell.documentName);
    this.tunnels = new Construct(this, 'Tunnels');
    describe(this, this.instance, () => ({ kind: 'bastion', shellDocument: this.shell, sessionLogGroup: this.sessionLogGroup }));
  }

  /**
   * Adds a port forwarding to one target.
   *
   * @param id construct id of the tunnel, unique on this bastion
   * @param options where the tunnel leads
   * @throws InvalidBackendError when the bastion has a tunnel of this id already, and for what BastionTunnel refuses
   */
  public addTunnel(id: string, options: BastionTunnelOptions): BastionTunnel {
    requireNewId(this, 'addTunnel', id, this.tunnels);
    return new BastionTunnel(this.tunnels, id, { ...options, bastion: this });
  }

  /**
   * Lets a grantee start the bastion, open a shell on it with the bastion's own document, and end or resume its own sessions. The shell
   * can become root, and reaches the target of each tunnel. It has the role of the instance, and can tamper with the log of other sessions.
   *
   * @param grantee a role, user or group of people
   */
  public grantShell(grantee: iam.IGrantable): iam.Grant {
    return grantSession(this, grantee, this.instance, this.shell.documentName);
  }

  private createRole(): iam.Role {
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      description: 'Bastion: Session Manager and nothing else',
    });
    allowSessions(role);
    return role;
  }

  private createSecurityGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Bastion: accepts no connection',
      allowAllOutbound: false,
      disableInlineRules: false,
    });
    openHttps(group, vpc, 'Session Manager and Amazon Linux packages');
    return group;
  }

  private createInstance(props: SsmBastionProps, posture: Posture, user: string): ec2.IInstance {
    const placement = placeBastion(this, props.vpc, posture.bastionSubnetType, props.vpcSubnets);
    if (this.sessionLogGroup !== undefined) {
      requireTaskEndpoints(this, props.vpc, placement, [LOGS_SERVICE]);
    }
    const { instance } = new HardenedInstance(this, 'Resource', {
      vpc: props.vpc,
      vpcSubnets: placement.vpcSubnets,
      publicAddress: placement.assignPublicIp,
      instanceType: props.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
      securityGroup: this.connections.securityGroups[0],
      role: this.role,
      setUp: [...createShellUser(user), ...installIdleStop(this.validIdleTimeout(props).toSeconds()), ...INSTALL_PSQL],
      sourceDestCheck: true,
    });
    referWeakly(instance, this.connections.securityGroups[0]);
    return instance;
  }

  private validIdleTimeout(props: SsmBastionProps): Duration {
    const timeout = props.idleTimeout ?? DEFAULT_IDLE_TIMEOUT;
    if (timeout.isUnresolved()) {
      throw new InvalidBackendError(this, 'SsmBastion.idleTimeoutUnknown', '`idleTimeout` isn\'t known until deployment (it\'s a token), so CDK couldn\'t detect a change. Use a literal duration, for example `Duration.minutes(30)`.');
    }
    if (timeout.toSeconds({ integral: false }) < SHORTEST_IDLE_TIMEOUT.toSeconds()) {
      throw new InvalidBackendError(this, 'SsmBastion.idleTimeout', `\`idleTimeout\` must be at least ${SHORTEST_IDLE_TIMEOUT.toHumanString()}, got ${timeout.toHumanString()}. The bastion would stop before you can use it.`);
    }
    return timeout;
  }
}
