import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { INetworkEndpoint } from './network-endpoint';

/** A database server or cluster, of any engine. Its endpoint is that of the writer. */
export interface IDatabaseServer extends IConstruct, INetworkEndpoint {
  /** The network that the server is in. */
  readonly vpc: IVpc;
}
