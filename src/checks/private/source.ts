import * as fs from 'fs';
import * as path from 'path';
import { CfnElement, Stack, Stage, Token, type IPolicyValidationContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ModelTemplate } from './model';

/** A value as it stands in a template. */
export type Raw = string | number | boolean | null | undefined | Raw[] | { [key: string]: Raw };

export interface RawResource {
  readonly Type: string;
  readonly Properties?: { [key: string]: Raw };
  readonly Condition?: string;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: { [key: string]: Raw };
}

export interface RawTemplate {
  readonly Resources?: Record<string, RawResource>;
  readonly Parameters?: Record<string, { readonly Type: string; readonly Default?: Raw }>;
  readonly Mappings?: { [key: string]: { [key: string]: { [key: string]: Raw } } };
  readonly Conditions?: Record<string, Raw>;
  readonly Outputs?: Record<string, { readonly Value: Raw; readonly Condition?: string; readonly Export?: { readonly Name: Raw } }>;
}

/** A template as it was written, and where it stands. */
export interface TemplateSource extends ModelTemplate {
  readonly text: string;
  readonly raw: RawTemplate;
  readonly stack: Stack;
  /** Whether its resources are to be judged: a template of another account or region is only looked up in. */
  readonly judged: boolean;
  /** Of a nested stack: the resource in the parent's template. */
  readonly nestedIn?: { readonly path: string; readonly logicalId: string };
}

/** Reads every template of the app that stands beside those to be judged. */
export function readSources(context: IPolicyValidationContext): TemplateSource[] {
  const judged = new Set(context.templatePaths);
  const sources: TemplateSource[] = [];
  for (const stack of stacksBelow(context.appConstruct)) {
    const parent = sources.find((source) => source.stack === stack.nestedStackParent);
    const file = path.join(Stage.of(stack)!.outdir, stack.templateFile);
    if (!fs.existsSync(file)) {
      continue;
    }
    const text = fs.readFileSync(file, 'utf8');
    sources.push({
      path: file,
      text,
      raw: JSON.parse(text) as RawTemplate,
      stack,
      stackPath: stack.node.path,
      stackName: stack.stackName,
      region: known(stack.region),
      account: known(stack.account),
      judged: parent?.judged ?? judged.has(file),
      nestedIn: parent && { path: parent.path, logicalId: stack.resolve(stack.nestedStackResource!.logicalId) as string },
    });
  }
  return sources;
}

/** Parents before the nested stacks in them. */
function stacksBelow(scope: IConstruct): Stack[] {
  return scope.node.findAll().filter(Stack.isStack).sort((a, b) => depth(a) - depth(b));
}

function depth(stack: Stack): number {
  return stack.nestedStackParent === undefined ? 0 : 1 + depth(stack.nestedStackParent);
}

function known(value: string): string | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

/** Finds the constructs of resources: by the path in their metadata, or by logical id where an app leaves that out. */
export class ConstructIndex {
  private byLogicalId?: Map<Stack, Map<string, IConstruct>>;

  public constructor(private readonly root: IConstruct) {}

  public find(source: TemplateSource, logicalId: string): IConstruct | undefined {
    const constructPath = source.raw.Resources?.[logicalId]?.Metadata?.['aws:cdk:path'];
    const construct = typeof constructPath === 'string' ? descend(this.root, constructPath) : undefined;
    return construct ?? this.logicalIdsOf(source.stack).get(logicalId);
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
