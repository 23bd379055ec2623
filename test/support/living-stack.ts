import { App, type Stack } from 'aws-cdk-lib';
import createOnlyProperties from './create-only-properties.json';
import type { Posture } from '../../src/posture';

/** A resource as it stands in a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of an app by `stack/logical id`. */
export type LivingApp = Record<string, TemplateResource>;

/**
 * Properties whose change replaces the resource, by type: from AWS's resource schemas, as in @aws-cdk/aws-service-spec
 * 0.1.216 (Apache-2.0), and what the handlers of our own custom resources treat so.
 */
const CREATE_ONLY: Record<string, string[]> = {
  ...createOnlyProperties,
  // A change of these fails: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volume.html
  'AWS::EC2::Volume': ['AvailabilityZone', 'Encrypted', 'KmsKeyId', 'OutpostArn', 'SnapshotId'],
  'Custom::PostgresDatabase': ['ServiceToken', 'DatabaseName'],
  'Custom::PostgresUser': ['ServiceToken', 'Username'],
};

/** Types that hold data, and those whose replacement replaces everything in them. */
export const PRECIOUS = new Set([
  'AWS::EC2::Subnet',
  'AWS::EC2::VPC',
  'AWS::EC2::Volume',
  'AWS::ECR::Repository',
  'AWS::EFS::FileSystem',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBSubnetGroup',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'Custom::PostgresDatabase',
  'Custom::PostgresUser',
]);

const SURVIVES = ['Retain', 'RetainExceptOnCreate', 'Snapshot'];

/** The resources of an app that `build` puts together under a posture. */
export function synthesizeWith(posture: Posture, build: (app: App) => void, context: Record<string, unknown> = {}): LivingApp {
  const app = new App({ context });
  posture.applyTo(app);
  build(app);
  return resourcesOf(app);
}

/** The resources of all stacks of an app. */
export function resourcesOf(app: App): LivingApp {
  const living: LivingApp = {};
  for (const stack of app.synth().stacksRecursively) {
    const template = stack.template as { Resources?: LivingApp };
    for (const [logicalId, resource] of Object.entries(template.Resources ?? {})) {
      living[`${stack.stackName}/${logicalId}`] = resource;
    }
  }
  return living;
}

/** The resources of one stack. */
export function resourcesOfStack(stack: Stack): LivingApp {
  const app = stack.node.root as App;
  return Object.fromEntries(Object.entries(resourcesOf(app)).filter(([key]) => key.startsWith(`${stack.stackName}/`)));
}

/**
 * What an update of a living app would do to things with data and to subnets: one line for each that is replaced, and
 * for each with data that goes without its removal policy keeping it. Empty means that the update is safe. A subnet that
 * is no longer used may go, and so may an instance whose data is its cluster's.
 */
export function losses(before: LivingApp, after: LivingApp): string[] {
  return Object.entries(before).filter(([, resource]) => PRECIOUS.has(resource.Type)).flatMap(([key, resource]) => {
    const next = after[key];
    if (next === undefined) {
      const mayGo = resource.Type === 'AWS::EC2::Subnet' || resource.Properties?.DBClusterIdentifier !== undefined || SURVIVES.includes(resource.DeletionPolicy ?? 'Delete');
      return mayGo ? [] : [`${key} (${resource.Type}) is deleted`];
    }
    return replacedBy(resource, next).map((property) => `${key} (${resource.Type}) is replaced because of ${property}`);
  });
}

/** Every resource, precious or not, that is replaced in place by an update. */
export function replacements(before: LivingApp, after: LivingApp): string[] {
  return Object.entries(before).filter(([key]) => after[key] !== undefined).flatMap(([key, resource]) =>
    replacedBy(resource, after[key]).map((property) => `${key} (${resource.Type}) is replaced because of ${property}`));
}

/** The create-only properties that differ. */
export function replacedBy(before: TemplateResource, after: TemplateResource): string[] {
  if (before.Type !== after.Type) {
    return ['its type'];
  }
  return (CREATE_ONLY[before.Type] ?? []).filter((property) => JSON.stringify(before.Properties?.[property]) !== JSON.stringify(after.Properties?.[property]));
}
