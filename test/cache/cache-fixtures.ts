import { Stack, type App, type StackProps } from 'aws-cdk-lib';
import { Match, Template, type Matcher } from 'aws-cdk-lib/assertions';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { RedisCache, type RedisCacheProps } from '../../src/cache';
import { BackendNetwork } from '../../src/network';
import { developmentApp } from '../fargate/fixture';

/** A cache in a network of its own. */
export function createCache(props: Partial<RedisCacheProps> = {}, app: App = developmentApp(), stackProps?: StackProps): { stack: Stack; vpc: ec2.IVpc; cache: RedisCache } {
  const stack = new Stack(app, 'Data', stackProps);
  const { vpc } = new BackendNetwork(stack, 'Network');
  return { stack, vpc, cache: new RedisCache(stack, 'Redis', { vpc, ...props }) };
}

/** A resource as it stands in a template. */
export interface Resource {
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string[];
}

/** The resources of a type, by logical id. */
export function resourcesOfType(stack: Stack, type: string): Record<string, Resource> {
  return Template.fromStack(stack).findResources(type) as Record<string, Resource>;
}

/** The properties of the only resource of a type. */
export function propertiesOf(stack: Stack, type: string): Record<string, unknown> {
  const [resource, ...others] = Object.values(resourcesOfType(stack, type));
  expect(others).toEqual([]);
  return resource.Properties;
}

/** The first part of the UUID with which the id of a stack ends: no stack has had it before. */
const STACK_PART = { 'Fn::Select': [0, { 'Fn::Split': ['-', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }] }] };

/** A name of what may outlive its stack: another for each stack, and short enough with eight characters more. */
export function ownName(start: string, end?: string): { readonly 'Fn::Join': (string | (object | string | Matcher)[])[] } {
  return { 'Fn::Join': ['', [Match.stringLikeRegexp(`^(?=.{1,32}$)${start}[0-9a-f]{10}-$`), STACK_PART, ...(end === undefined ? [] : [end])]] };
}

/** The part of such a name that is known at synth. */
export function knownPart(name: unknown): string {
  return (name as { 'Fn::Join': [string, [string]] })['Fn::Join'][1][0];
}
