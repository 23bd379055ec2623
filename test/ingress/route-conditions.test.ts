import { Stack, Token } from 'aws-cdk-lib';
import type { IngressRuleOptions } from '../../src/ingress';
import { normalizeConditions, renderConditions, type RouteConditions } from '../../src/ingress/private/route-conditions';

function normalize(options: IngressRuleOptions): RouteConditions {
  return normalizeConditions(new Stack(), 'Orders', options);
}

test('a route without conditions takes every request', () => {
  expect(normalize({})).toEqual({ paths: ['/*'], hosts: [], headers: {} });
});

test('hosts or headers alone need no path', () => {
  expect(normalize({ hosts: ['API.example.com'] })).toEqual({ paths: [], hosts: ['api.example.com'], headers: {} });
  expect(normalize({ headers: { 'X-Version': ['2', '1'] } })).toEqual({ paths: [], hosts: [], headers: { 'x-version': ['1', '2'] } });
});

test('the order of values and headers does not matter', () => {
  const first = normalize({ paths: ['/b', '/a'], headers: { b: ['1'], a: ['1'] } });
  const second = normalize({ paths: ['/a', '/b'], headers: { a: ['1'], b: ['1'] } });
  expect(JSON.stringify(first)).toBe(JSON.stringify(second));
});

test.each([['/'], ['/*'], ['*'], ['*.php'], ['/a-b_c.d$/~"\'@:+&?'], [`/${'a'.repeat(127)}`]])('accepts the path %s', (path) => {
  expect(normalize({ paths: [path] }).paths).toEqual([path]);
});

test.each([['api.example.com'], ['*.example.com'], ['api-?.example.com'], ['xn--bcher-kva.example']])('accepts the host %s', (host) => {
  expect(normalize({ hosts: [host] }).hosts).toEqual([host]);
});

test.each<[string, IngressRuleOptions, RegExp]>([
  ['a path without slash', { paths: ['orders'] }, /Route 'Orders': `paths` has the invalid pattern 'orders'. Start with '\/'/],
  ['a path with a space', { paths: ['/a b'] }, /`paths` has the invalid pattern/],
  ['a path with a fragment', { paths: ['/a#b'] }, /`paths` has the invalid pattern/],
  ['a path above 128 characters', { paths: [`/${'a'.repeat(128)}`] }, /`paths` has the invalid pattern.*128/],
  ['no paths in a list', { paths: [] }, /`paths` is empty/],
  ['a host without a dot', { hosts: ['localhost'] }, /`hosts` has the invalid pattern 'localhost'/],
  ['a host that is an address', { hosts: ['10.0.0.1'] }, /`hosts` has the invalid pattern.*only letters after the last/],
  ['a host with a port', { hosts: ['a.example.com:80'] }, /`hosts` has the invalid pattern/],
  ['a host above 128 characters', { hosts: [`${'a'.repeat(125)}.com`] }, /`hosts` has the invalid pattern/],
  ['a header name with a wildcard', { headers: { 'x-*': ['1'] } }, /`headers` has the invalid name 'x-\*'/],
  ['a header name above 40 characters', { headers: { ['x'.repeat(41)]: ['1'] } }, /`headers` has the invalid name/],
  ['a header name that is not known yet', { headers: { [Token.asString({ Ref: 'Name' })]: ['1'] } }, /`headers` has a name that isn't known until deployment/],
  ['the Host header', { headers: { Host: ['a.example.com'] } }, /the Host header can't be in `headers`. Use `hosts`/],
  ['a header twice', { headers: { 'X-A': ['1'], 'x-a': ['2'] } }, /`headers` has 'x-a' twice/i],
  ['a header without values', { headers: { 'x-a': [] } }, /the header 'x-a' must have at least one value/],
  ['an empty header value', { headers: { 'x-a': [''] } }, /the header 'x-a' must have at least one value/],
  ['six values', { paths: ['/1', '/2', '/3'], hosts: ['a.example.com', 'b.example.com'], headers: { 'x-a': ['1'] } }, /`paths` \(3\), `hosts` \(2\) and the values in `headers` \(1\) are 6 values together, and a load balancer takes at most 5/],
  ['seven wildcards', { paths: ['/*/*/*/*', '/?/?/?'] }, /7 wildcards together.*at most 6/],
])('fails on %s', (_name, options, message) => {
  expect(() => normalize(options)).toThrow(message);
});

test('values that are not known yet pass', () => {
  const token = Token.asString({ Ref: 'Name' });
  expect(normalize({ hosts: [token], headers: { 'x-a': [token] } })).toEqual({ paths: [], hosts: [token], headers: { 'x-a': [token] } });
});

test('conditions are rendered for a listener rule, and absent ones left out', () => {
  expect(renderConditions({ paths: ['/a'], hosts: ['a.b'], headers: { 'x-a': ['1'] } })).toEqual([
    { field: 'host-header', hostHeaderConfig: { values: ['a.b'] } },
    { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'x-a', values: ['1'] } },
    { field: 'path-pattern', pathPatternConfig: { values: ['/a'] } },
  ]);
  expect(renderConditions({ paths: ['/a'], hosts: [], headers: {} })).toHaveLength(1);
});
