import type { ModelTemplate, Origin } from './model';

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

/** A template as it was written, and where it stands. Whoever can make these from what they read has a source of templates. */
export interface TemplateSource extends ModelTemplate {
  readonly text: string;
  readonly raw: RawTemplate;
  /** Whether its resources are to be judged: a template of another account or region is only looked up in. */
  readonly judged: boolean;
  /** Of a nested stack: the resource in the parent's template. */
  readonly nestedIn?: { readonly stackPath: string; readonly logicalId: string };
  /** What is known of a resource besides its template. */
  readonly originOf: (logicalId: string) => Origin;
}

/** What makes a nested stack. */
export const NESTED_STACK = 'AWS::CloudFormation::Stack';

/** The same templates, judged where their paths are given or their parents are judged. Parents come before the nested stacks in them. */
export function judging(sources: readonly TemplateSource[], paths: Iterable<string>): TemplateSource[] {
  const [named, judged] = [new Set(paths), new Set<string>()];
  return sources.map((source) => {
    const isJudged = named.has(source.path) || (source.nestedIn !== undefined && judged.has(source.nestedIn.stackPath));
    if (isJudged) {
      judged.add(source.stackPath);
    }
    return { ...source, judged: isJudged };
  });
}
