/**
 * What every key of the queue begins with: the cache's user needs keys that begin with `{rex}:` and no others. The braces are a
 * hash tag: they keep the keys together where a cache spreads them.
 */
export const KEY_PREFIX = '{rex}';
