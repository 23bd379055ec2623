import { CfnResource, Stage, type Environment } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { World } from './world';
import { Posture } from '../../src';

/** A mistake: what a user wrote. */
export interface ErrorCase {
  readonly posture?: Posture;
  readonly env?: Environment;
  readonly mistake: (world: World) => unknown;
}

/** Cases by the id that each provokes. */
export type ErrorCases = Readonly<Record<string, ErrorCase | ErrorCase['mistake']>>;

/** A mistake that is one in production only. */
export function inProduction(mistake: ErrorCase['mistake'], env?: Environment): ErrorCase {
  return { posture: Posture.production(), env, mistake };
}

/** A mistake in an app that has applied no posture. */
export function withoutPosture(mistake: ErrorCase['mistake']): ErrorCase {
  return { mistake };
}

/** A mistake that is one in a stack of this environment only. */
export function inEnvironment(env: Environment, mistake: ErrorCase['mistake']): ErrorCase {
  return { posture: Posture.development(), env, mistake };
}

/** A message as users get it, taken apart. */
export interface Message {
  readonly id: string;
  readonly text: string;
  readonly level: 'error' | 'warning';
}

const TAG = / \[cdk-private-backend:([\w.:-]+)\]/;
const PLACE = / \((?:at '[^']*'|at the app|in (?:new )?[\w.]+\(\))\)$/;

/** All messages that a mistake provokes. */
export function provoke(found: ErrorCases[string]): Message[] {
  const { posture, env, mistake } = typeof found === 'function' ? { posture: Posture.development(), env: undefined, mistake: found } : found;
  const world = new World(posture, env);
  try {
    mistake(world);
  } catch (error) {
    return parseErrors((error as Error).message);
  }
  const constructs = world.app.node.findAll();
  const validated = constructs.filter((construct) => !Stage.isStage(construct) && !CfnResource.isCfnResource(construct)).flatMap((construct) => construct.node.validate());
  return [...validated.flatMap(parseErrors), ...constructs.flatMap(warningsOf)];
}

function parseErrors(text: string): Message[] {
  const id = TAG.exec(text)?.[1];
  return id === undefined ? [] : [{ id, text: anonymous(text.replace(TAG, '').replace(PLACE, '')), level: 'error' }];
}

/** Without the paths of this machine: examples are written into a page. */
function anonymous(text: string): string {
  return text.replaceAll(process.cwd(), '/app').replace(/[^\s'(]*\/case-\w{6}(?=\/)/g, '/app');
}

function warningsOf(construct: IConstruct): Message[] {
  return construct.node.metadata
    .filter(({ type }) => type === 'aws:cdk:warning')
    .flatMap(({ data }) => {
      const [, text, id] = /^([\s\S]*) \[ack: cdk-private-backend:([^\]]+)\]$/.exec(String(data)) ?? [];
      return id === undefined ? [] : [{ id, text, level: 'warning' as const }];
    });
}
