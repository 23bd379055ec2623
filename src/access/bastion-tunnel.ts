import { Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { takeLocalPort } from './private/local-ports';
import { createSessionDocument } from './private/session-document';
import { grantSession, sessionCommand } from './private/session-grants';
import type { ISsmBastion } from './ssm-bastion';
import type { INetworkEndpoint } from '../binding';
import { requirePath } from '../network/shared/connections';
import { describe } from '../posture/shared/describe';
import { InvalidBackendError } from '../private/errors';
import { refuseMisnomers } from '../private/misnomers';
import { ENDPOINT, requireKind } from '../private/props';
import { integer } from '../private/ranges';
import { dependOnStackOf } from '../private/stack-order';

/** Where a tunnel leads. */
export interface BastionTunnelOptions {
  /** What the tunnel reaches: a database server, a cache, a service. Nothing else can be reached through it. */
  readonly target: INetworkEndpoint;

  /**
   * Port on the person's own machine, from 1 to 65535. No two tunnels of a bastion have the same.
   *
   * @default - the target's port, or the next one that no tunnel declared before has
   */
  readonly localPort?: number;
}

/** Properties of a tunnel. */
export interface BastionTunnelProps extends BastionTunnelOptions {
  /** The bastion that the tunnel goes through. */
  readonly bastion: ISsmBastion;
}

/**
 * A Session Manager port forwarding that is pinned to one host and one port.
 *
 * ## What it makes
 *
 * A session document with the target's host and port written into it, and the security group rules from the bastion to
 * the target.
 *
 * ## Defaults that matter
 *
 * The local port is the target's. A second tunnel to the same port gets the next free one, 5433 after 5432, so that both can be open; set
 * `localPort` for one that has to stay when tunnels before it are removed. Session Manager closes a session after 20 minutes without traffic, unless the
 * account's session preferences say otherwise.
 *
 * ## Security considerations
 *
 * The stock port-forwarding documents reach any host that the bastion can; this one reaches one port of one host.
 * `grantConnect` allows this document and no shell. What goes through a tunnel is not logged; who opened it is, in
 * CloudTrail.
 *
 * ## Cost
 *
 * None by itself: the bastion runs while a tunnel is open.
 *
 * @example
 * import { aws_iam as iam } from 'aws-cdk-lib';
 * import { IPostgres, SsmBastion } from 'cdk-private-backend';
 *
 * declare const bastion: SsmBastion;
 * declare const postgres: IPostgres;
 * declare const developers: iam.Role;
 * bastion.addTunnel('Postgres', { target: postgres }).grantConnect(developers);
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
 */
export class BastionTunnel extends Construct {
  /** Name of the session document. */
  public readonly documentName: string;

  /** Port on the person's own machine. */
  public readonly localPort: number;

  /** What to type in a POSIX shell to open the tunnel: starts the bastion if it is stopped, and waits for it. */
  public readonly connectCommand: string;

  /** What a person needs to know to use the tunnel, in a few lines. */
  public readonly help: string;

  private readonly bastion: ISsmBastion;

  /**
   * @throws InvalidBackendError for a local port outside 1 to 65535 or of another tunnel, a target without security groups, and a target in a
   * stack that depends on the tunnel's stack
   */
  constructor(scope: Construct, id: string, props: BastionTunnelProps) {
    super(scope, id);
    refuseMisnomers(this, props, { port: 'The port of the target comes from `target`. For the port on your machine set `localPort: 5432`.' });
    requireKind(this, 'target', props.target, ENDPOINT);
    this.bastion = props.bastion;
    this.validate(props);
    this.localPort = takeLocalPort(this, props.bastion, props.localPort, props.target.port);
    this.documentName = this.createDocument(props.target).ref;
    this.openPath(props);
    this.connectCommand = sessionCommand(this, props.bastion.instance, this.documentName);
    this.help = this.renderHelp();
    this.describeTo(props);
  }

  /**
   * Lets a grantee start the bastion, open this tunnel, and end or resume its own sessions. It gives no shell. Together with the grant of another
   * bastion it starts sessions of that bastion's documents here, which fail or lead nowhere new.
   *
   * @param grantee a role, user or group of people
   */
  public grantConnect(grantee: iam.IGrantable): iam.Grant {
    return grantSession(this, grantee, this.bastion.instance, this.documentName);
  }

  private validate(props: BastionTunnelProps) {
    integer(this, 'localPort', props.localPort, 1, 65_535);
    const groups = props.target.connections.securityGroups;
    if (groups.length === 0) {
      throw new InvalidBackendError(this, 'BastionTunnel.noSecurityGroup', '`target` must have a security group, because the tunnel adds a rule to it. Pass its security groups where the target is imported.');
    }
    for (const user of [this, props.bastion]) {
      groups.forEach((group) => dependOnStackOf(user, group, 'A bastion and its tunnels depend on their targets, never the reverse.'));
    }
  }

  private createDocument(target: INetworkEndpoint): ssm.CfnDocument {
    return createSessionDocument(this, {
      description: 'Forwards a local port to one host and port behind the bastion',
      sessionType: 'Port',
      parameters: {
        localPortNumber: {
          type: 'String',
          description: 'Port on your own machine',
          allowedPattern: '^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$',
          default: Tokenization.stringifyNumber(this.localPort),
        },
      },
      properties: {
        type: 'LocalPortForwarding',
        host: target.endpoint,
        portNumber: Tokenization.stringifyNumber(target.port),
        localPortNumber: '{{ localPortNumber }}',
      },
    });
  }

  private describeTo({ bastion, target }: BastionTunnelProps) {
    describe(this, this, () => ({ kind: 'tunnel', bastion: bastion.instance, host: target.endpoint, localPort: this.localPort, port: target.port, target }));
  }

  private openPath(props: BastionTunnelProps) {
    requirePath(this, props.bastion, props.target, `The bastion '${props.bastion.node.path}'`);
    const port = ec2.Port.tcp(props.target.port);
    for (const source of props.bastion.connections.securityGroups) {
      for (const target of props.target.connections.securityGroups) {
        target.addIngressRule(source, port, 'from a bastion tunnel', true);
        source.addEgressRule(target, port, 'bastion tunnel');
      }
    }
  }

  private renderHelp(): string {
    const port = Tokenization.stringifyNumber(this.localPort);
    return [
      `Opens localhost:${port} as long as the command runs. It needs the AWS CLI and the Session Manager plugin, a separate install:`,
      'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
      '',
      this.connectCommand,
      '',
      `Another local port: add --parameters localPortNumber=15432 behind --document-name ${this.documentName}.`,
    ].join('\n');
  }
}
