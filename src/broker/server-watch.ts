import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ConductorEnv } from './broker.contract';

/** How the conductor finds out what became of a server that does not answer. */
export interface ServerWatch {
  readonly environment: { readonly [name: string]: string };
  /** What it takes to ask. */
  readonly statements: PolicyStatement[];
}

/** Ways to watch a server. */
export const ServerWatch = {
  /** An instance of RDS. */
  rdsInstance: (identifier: string, arn: string): ServerWatch => rds('instance', 'rds:DescribeDBInstances', identifier, arn),
  /** A cluster of RDS. */
  rdsCluster: (identifier: string, arn: string): ServerWatch => rds('cluster', 'rds:DescribeDBClusters', identifier, arn),
  /** A server of which nothing is known but its name. */
  none: (): ServerWatch => ({ environment: { [ConductorEnv.SERVER_KIND]: 'imported' }, statements: [] }),
};

function rds(kind: string, action: string, identifier: string, arn: string): ServerWatch {
  return {
    environment: { [ConductorEnv.SERVER_KIND]: kind, [ConductorEnv.SERVER_IDENTIFIER]: identifier },
    statements: [new PolicyStatement({ actions: [action], resources: [arn] })],
  };
}
