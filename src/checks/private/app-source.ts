import * as fs from 'fs';
import * as path from 'path';
import { CfnElement, Stack, Stage, Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Acknowledgements, Origin } from './model';
import type { RawTemplate, TemplateSource } from './source';
import { Posture } from '../../posture';

/** Reads the template of every stack of an app, parents before the nested stacks in them. */
export function readApp(root: IConstruct): TemplateSource[] {
  const constructs = new ConstructIndex(root);
  return stacksBelow(root).flatMap((stack) => {
    const file = path.resolve(Stage.of(stack)!.outdir, stack.templateFile);
    // Stages are synthesised one after the other.
    return fs.existsSync(file) ? [sourceOf(stack, file, constructs)] : [];
  });
}

function sourceOf(stack: Stack, file: string, constructs: ConstructIndex): TemplateSource {
  const text = fs.readFileSync(file, 'utf8');
  const raw = JSON.parse(text) as RawTemplate;
  const { nestedStackParent: parent, nestedStackResource: resource } = stack;
  return {
    path: file,
    text,
    raw,
    stackPath: stack.node.path,
    outerStackPath: outermost(stack).node.path,
    stackName: parent === undefined ? stack.stackName : stack.node.path,
    region: known(stack.region),
    account: known(stack.account),
    judged: false,
    nestedIn: parent && { stackPath: parent.node.path, logicalId: stack.resolve(resource!.logicalId) as string },
    originOf: (logicalId) => {
      const construct = constructs.find(stack, logicalId, raw.Resources?.[logicalId]?.Metadata?.['aws:cdk:path']);
      return construct === undefined ? { constructPath: `${stack.node.path}/${logicalId}`, acknowledgements: [] } : new ConstructOrigin(construct);
    },
  };
}

/** Parents before the nested stacks in them. */
function stacksBelow(scope: IConstruct): Stack[] {
  return scope.node.findAll().filter(Stack.isStack).sort((a, b) => depth(a) - depth(b));
}

function depth(stack: Stack): number {
  return stack.nestedStackParent === undefined ? 0 : 1 + depth(stack.nestedStackParent);
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);
}

function known(value: string): string | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

/** Asks the construct, and only when somebody wants to know. */
class ConstructOrigin implements Origin {
  public readonly constructPath: string;

  public constructor(private readonly construct: IConstruct) {
    this.constructPath = construct.node.path;
  }

  public get posture(): string | undefined {
    return Posture.appliedTo(this.construct)?.name;
  }

  public get acknowledgements(): Acknowledgements[] {
    return this.construct.node.scopes.reverse().flatMap(({ node }) => node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .map(({ data }) => data as Acknowledgements));
  }
}

/** Finds the constructs of resources: by the path in their metadata, or by logical id where an app leaves that out. */
class ConstructIndex {
  private byLogicalId?: Map<Stack, Map<string, IConstruct>>;

  public constructor(private readonly root: IConstruct) {}

  public find(stack: Stack, logicalId: string, constructPath: unknown): IConstruct | undefined {
    const construct = typeof constructPath === 'string' ? descend(this.root, constructPath) : undefined;
    return construct ?? this.logicalIdsOf(stack).get(logicalId);
  }

  private logicalIdsOf(stack: Stack): Map<string, IConstruct> {
    this.byLogicalId ??= this.indexed();
    return this.byLogicalId.get(stack) ?? new Map<string, IConstruct>();
  }

  private indexed(): Map<Stack, Map<string, IConstruct>> {
    const index = new Map<Stack, Map<string, IConstruct>>();
    for (const element of this.root.node.findAll().filter(CfnElement.isCfnElement)) {
      const ids = index.get(element.stack) ?? new Map<string, IConstruct>();
      index.set(element.stack, ids.set(element.stack.resolve(element.logicalId) as string, element));
    }
    return index;
  }
}

function descend(root: IConstruct, constructPath: string): IConstruct | undefined {
  return constructPath.split('/').reduce<IConstruct | undefined>((at, id) => at?.node.tryFindChild(id), root);
}
