/** A pattern of EventBridge, or a part of one. */
export type Pattern = { readonly [field: string]: Pattern | readonly Pattern[] | readonly Content[] };

type Content = string | number | boolean | null | { readonly prefix: string } | { readonly 'anything-but': unknown } | { readonly exists: boolean };

type Json = Record<string, unknown>;

/**
 * Whether a pattern of EventBridge matches an event: as many of its operators as the rules of this library use. Fields of one pattern about an array of
 * objects must all match the same object.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: Pattern, event: Json): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') {
      return (wanted as readonly Pattern[]).some((each) => matches(each, event));
    }
    const found = event[field];
    if (Array.isArray(wanted)) {
      const values = Array.isArray(found) ? found as unknown[] : [found];
      return (wanted as readonly Content[]).some((content) => (values.length === 0 ? [undefined] : values).some((value) => accepts(content, value)));
    }
    const objects = (Array.isArray(found) ? found : [found]) as unknown[];
    return objects.some((object) => typeof object === 'object' && object !== null && matches(wanted as Pattern, object as Json));
  });
}

function accepts(content: Content, value: unknown): boolean {
  if (typeof content !== 'object' || content === null) {
    return content === value;
  }
  if ('prefix' in content) {
    return typeof value === 'string' && value.startsWith(content.prefix);
  }
  if ('anything-but' in content) {
    return value !== undefined && ![content['anything-but']].flat().includes(value);
  }
  if ('exists' in content) {
    return content.exists === (value !== undefined);
  }
  throw new Error(`The matcher does not know ${JSON.stringify(content)}.`);
}

/** The text that an input transformer makes of an event. What the event does not have is nothing. */
export function render({ InputPathsMap: paths, InputTemplate: template }: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: string }, event: Json): string {
  const filled = Object.entries(paths).reduce((text, [key, path]) => text.replaceAll(`<${key}>`, textOf(at(path, event))), template);
  return JSON.parse(filled) as string;
}

function textOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value);
}

function at(path: string, event: Json): unknown {
  return path.replace(/^\$\./, '').split('.').reduce<unknown>((value, step) => {
    const name = step.replace(/\[\*\]$/, '');
    const here = Array.isArray(value) ? value.map((each) => (each as Json)[name]).filter((each) => each !== undefined) : (value as Json | undefined)?.[name];
    return here;
  }, event);
}
