import { Reference, Text, Unknown, type ModelValue } from '../../private/model';

/** Stands for a part of an ARN that the templates do not spell out, such as a bucket's name. */
const SOMETHING = '\u0001';

/** Services whose ARNs end with the name itself, without a type before it. */
const UNTYPED = ['s3', 'sqs', 'sns', 'execute-api'];

/** How much a `Resource` of a policy names: everything of a kind, something, or what only the deployment knows. */
export function breadthOf(value: ModelValue): 'everything' | 'something' | 'open' {
  if (value instanceof Reference) {
    return 'something';
  }
  if (value instanceof Unknown) {
    return value.mentions.length > 0 || value.name.startsWith('AWS::') ? 'something' : 'open';
  }
  const text = spelled(value);
  if (/^\**$/.test(text)) {
    return 'everything';
  }
  const [, , service, , , ...rest] = text.split(':');
  const resource = rest.join(':');
  const all = UNTYPED.includes(service) ? /^\*/ : /^(?:[a-z-]+[/:])?\*/;
  return text.startsWith('arn:') && all.test(resource) ? 'everything' : 'something';
}

/** An ARN with a placeholder for each part that is not spelled out, because names such as `AWS::Region` hold colons. */
export function spelled(value: ModelValue): string {
  return value instanceof Text ? value.parts.map((part) => (typeof part === 'string' ? part : SOMETHING)).join('') : typeof value === 'string' ? value : SOMETHING;
}
