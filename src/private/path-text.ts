import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The longest value of a tag. */
const LONGEST_TAG = 256;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export const LONGEST_FUNCTION_TEXT = 256;

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
export const LONGEST_SECRET_TEXT = 2048;

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html */
export const LONGEST_KEY_TEXT = 8192;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export const LONGEST_ALARM_TEXT = 1024;

/** A text with the path of a construct, no longer than AWS takes it: of a path the end says more than the beginning. */
export function textWithPath(longest: number, before: string, { node }: IConstruct, after = ''): string {
  const room = longest - before.length - after.length;
  return before + (node.path.length <= room ? node.path : `...${node.path.slice(3 - room)}`) + after;
}

/** The name that consoles show: a tag with the path. */
export function nameTag(construct: IConstruct): string {
  return textWithPath(LONGEST_TAG, '', construct);
}

/** Shortens the names that CDK gives to what EC2 shows, which are paths of any length. */
export function shortenNameTags(scope: IConstruct): void {
  scope.node.findAll().filter(({ node }) => node.path.length > LONGEST_TAG).forEach((construct) => Tags.of(construct).add('Name', nameTag(construct)));
}
