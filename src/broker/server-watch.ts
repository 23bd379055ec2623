import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
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
  /** A server on instances of this library's own, by the name of its cluster. AWS knows nothing of what runs there. */
  selfHosted: (clusterName: string): ServerWatch => ({ environment: { [ConductorEnv.SERVER_KIND]: 'self-hosted', [ConductorEnv.SERVER_IDENTIFIER]: clusterName }, statements: [] }),
  /** A server of which nothing is known but its name. */
  none: (): ServerWatch => ({ environment: { [ConductorEnv.SERVER_KIND]: 'imported' }, statements: [] }),
};

/**
 * A watch that also gives the log groups of the server their retention. IAM may compare either form of a group's ARN.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
 */
export function keepingLogs(scope: IConstruct, watch: ServerWatch, logGroups: string[]): ServerWatch {
  const stack = Stack.of(scope);
  const arnOf = (name: string) => stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return logGroups.length === 0 ? watch : {
    ...watch,
    statements: [...watch.statements, new PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:DeleteRetentionPolicy', 'logs:PutRetentionPolicy'], resources: logGroups.map(arnOf).flatMap((arn) => [arn, `${arn}:*`]) })],
  };
}

function rds(kind: string, identifier: string, ...statements: PolicyStatement[]): ServerWatch {
  return { environment: { [ConductorEnv.SERVER_KIND]: kind, [ConductorEnv.SERVER_IDENTIFIER]: identifier }, statements };
}

function describeInstances(resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions: ['rds:DescribeDBInstances'], resources });
}
