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
  rdsInstance: (identifier: string, arn: string): ServerWatch => rds('instance', identifier, describeInstances([arn])),
  /** A cluster of RDS with its instances. */
  rdsCluster: (identifier: string, arn: string, instanceArns: string[]): ServerWatch =>
    rds('cluster', identifier, new PolicyStatement({ actions: ['rds:DescribeDBClusters'], resources: [arn] }), describeInstances(instanceArns)),
  /** A server of which nothing is known but its name. */
  none: (): ServerWatch => ({ environment: { [ConductorEnv.SERVER_KIND]: 'imported' }, statements: [] }),
};

function rds(kind: string, identifier: string, ...statements: PolicyStatement[]): ServerWatch {
  return { environment: { [ConductorEnv.SERVER_KIND]: kind, [ConductorEnv.SERVER_IDENTIFIER]: identifier }, statements };
}

function describeInstances(resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions: ['rds:DescribeDBInstances'], resources });
}
