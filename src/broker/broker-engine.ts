import type { Function as LambdaFunction, FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** A bundled function, as projen generates its class. */
export type BundledFunction = new (scope: Construct, id: string, props: FunctionOptions) => LambdaFunction;

/** A kind of server, for the broker's constructs. */
export interface BrokerEngine {
  /** Its name as people write it, for descriptions. */
  readonly name: string;
  /** The function that answers CloudFormation. */
  readonly conductor: BundledFunction;
  /** The function that speaks the dialect. */
  readonly sql: BundledFunction;
  /** Names of users that come with a database, and that nothing else may have. */
  rolesOf(databaseName: string): string[];
}
