import type { CfnResource } from 'aws-cdk-lib';

/** What came out of creating a cache. */
export interface CacheParts {
  readonly resource: CfnResource;
  /** What a client signs its IAM authentication for, and the cache's name in ARNs: in lower case, as ElastiCache keeps it. */
  readonly cacheName: string;
  readonly arn: string;
  readonly endpoint: string;
  readonly readerEndpoint?: string;
  /** None for a serverless cache. */
  readonly nodeIds: string[];
}
