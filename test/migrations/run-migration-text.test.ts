import * as fc from 'fast-check';
import { event } from './run-migration-harness';
import { isTransient, isUnsettled } from '../../src/migrations/handler/aws-errors';
import { readable } from '../../src/migrations/handler/redact';
import { renderResponse, RESPONSE_LIMIT_BYTES } from '../../src/migrations/handler/response';

describe('pitfall 8: log lines in a reason', () => {
  test.each([
    ['cannot open postgres://app:s3cr3t@db.example/app', 's3cr3t', 'cannot open postgres://***@db.example/app'],
    ['dial postgresql://app:p@ss/w@rd@db:5432/app?x=1 failed', 'p@ss', 'dial postgresql://***@db:5432/app?x=1 failed'],
    ['host=db user=app password=hunter2 sslmode=require', 'hunter2', 'host=db user=app password=*** sslmode=require'],
    ["host=db password='hunter 2' sslmode=require", 'hunter', 'host=db password=*** sslmode=require'],
    ['{"user":"app","password":"hun\\"ter2","port":5432}', 'ter2', '{"user":"app","password":***,"port":5432}'],
    ['PGPASSWORD=hunter2', 'hunter2', 'PGPASSWORD=***'],
    ["ALTER ROLE app PASSWORD 'it''s secret'", 'secret', 'ALTER ROLE app PASSWORD ***'],
    ['SCRAM-SHA-256$4096:abc$def:ghi', 'abc', 'SCRAM-SHA-256$***'],
    ['key AKIAIOSFODNN7EXAMPLE used', 'AKIA', 'key *** used'],
  ])('pitfall 8: credentials in %p are blanked out', (line, secret, expected) => {
    expect(readable(line)).toBe(expected);
    expect(readable(line)).not.toContain(secret);
  });

  test.each([
    'ERROR: password authentication failed for user "app" (28P01)',
    'syntax error at or near "token": unexpected token: )',
    'OK 00001_init.sql (12.3ms)',
  ])('pitfall 8: %p stays as it is', (line) => {
    expect(readable(line)).toBe(line);
  });

  test('pitfall 8: colours, links and control characters are removed', () => {
    expect(readable('\u001b[1;31mERROR\u001b[0m\r\u001b]8;;https://x\u0007link\u001b]8;;\u0007\u0000!\u001b[2K')).toBe('ERRORlink!');
  });

  test('pitfall 8: an answer of any text and any lines is valid JSON within the limit, and has the end of the last line', () => {
    fc.assert(fc.property(
      fc.string({ unit: 'grapheme', maxLength: 6000 }),
      fc.array(fc.string({ unit: 'binary', maxLength: 3000 }), { maxLength: 20 }),
      fc.stringMatching(/^[a-z]{1,9}$/),
      (text, lines, end) => {
        const body = renderResponse(event(), 'FAILED', text.slice(0, 500), [...lines, `${'ü"'.repeat(3000)}${end}`]);

        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(RESPONSE_LIMIT_BYTES);
        const { Reason } = JSON.parse(body) as { Reason: string };
        expect(Reason.endsWith(end)).toBe(true);
        expect(Buffer.byteLength(renderResponse(event(), 'FAILED', text))).toBeLessThanOrEqual(RESPONSE_LIMIT_BYTES);
      },
    ), { numRuns: 60 });
  });

  test('pitfall 8: the last lines stay in order, and empty ones go', () => {
    const { Reason } = JSON.parse(renderResponse(event(), 'FAILED', 'It failed.', ['one', '', '  ', 'two', 'three'])) as { Reason: string };

    expect(Reason).toBe('It failed.\none\ntwo\nthree');
  });
});

describe('errors of AWS', () => {
  test.each([
    [{ name: 'ThrottlingException' }, true],
    [{ name: 'TimeoutError' }, true],
    [{ name: 'Error', code: 'ECONNRESET' }, true],
    [{ name: 'Strange', $metadata: { httpStatusCode: 503 } }, true],
    [{ name: 'Strange', $retryable: { throttling: true } }, true],
    [{ name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }, false],
    [{ name: 'InvalidParameterException' }, false],
  ])('%j passes by itself: %s', (error, expected) => {
    expect(isTransient(Object.assign(new Error('x'), error))).toBe(expected);
  });

  test.each([
    ['AccessDeniedException', 'User: x is not authorized to perform: ecs:RunTask', true],
    ['ClientException', 'ECS was unable to assume the role', true],
    ['InvalidParameterException', 'Unable to assume the service linked role. Please verify that the ECS service linked role exists.', true],
    ['ClusterNotFoundException', 'Cluster not found.', false],
  ])('%s "%s" may settle: %s', (name, message, expected) => {
    expect(isUnsettled(Object.assign(new Error(message), { name }))).toBe(expected);
  });
});
