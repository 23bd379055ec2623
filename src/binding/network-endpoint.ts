import type { IConnectable } from 'aws-cdk-lib/aws-ec2';

/** Something that listens on one host name and port behind security groups: a database server, a cache, a service. */
export interface INetworkEndpoint extends IConnectable {
  /** The host name that clients connect to. */
  readonly endpoint: string;

  /** The TCP port that clients connect to. */
  readonly port: number;

  /**
   * Further TCP ports of the same host that clients connect to. Services and jobs may use them; a tunnel leads to `port`.
   *
   * @default - none
   */
  readonly additionalPorts?: number[];
}
