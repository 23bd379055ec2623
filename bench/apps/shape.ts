import { Stack } from 'aws-cdk-lib';

/** Directories that both apps build images and functions from. */
export interface Inputs {
  readonly root: string;
  /** A staged build context of the migration image. */
  readonly migrationImage: string;
}

/** How many services an app has. */
export interface Size {
  readonly services: number;
  /** How many of them are in a stack of their own; without it all are in the stack of the network. */
  readonly perStack?: number;
}

/** Services share users, as many backends do. */
export const SERVICES_PER_USER = 2;

/** Every fifth service has no route. */
export function isWorker(index: number): boolean {
  return index % 5 === 4;
}

export function serviceName(index: number): string {
  return index === 0 ? 'Api' : `${isWorker(index) ? 'Worker' : 'Api'}${index}`;
}

export function apiPath(index: number): string {
  return index === 0 ? '/*' : `/api${index}/*`;
}

/** The stack of each service. */
export class ServiceStacks {
  private readonly stacks = new Map<number, Stack>();

  constructor(private readonly main: Stack, private readonly perStack?: number) {}

  public stackOf(index: number): Stack {
    if (this.perStack === undefined) {
      return this.main;
    }
    const number = Math.floor(index / this.perStack);
    const stack = this.stacks.get(number) ?? new Stack(this.main.node.root, `Services${number}`);
    this.stacks.set(number, stack);
    return stack;
  }
}
