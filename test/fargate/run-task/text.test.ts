import * as fc from 'fast-check';
import { event } from './harness';
import { isTransient, isUnsettled } from '../../../src/fargate/handler/aws-errors';
import { readable } from '../../../src/fargate/handler/redact';
import { renderResponse, RESPONSE_LIMIT_BYTES } from '../../../src/fargate/handler/response';

describe('pitfall 8: log lines in a reason', () => {
  test.each([
    ['cannot open postgres://app:s3cr3t@db.example/app', 's3cr3t', 'cannot open postgres://***@db.example/app'],
    ['dial postgresql://app:p@ss/w@rd@db:5432/app?x=1 failed', 'p@ss', 'dial postgresql://***@db:5432/app?x=1 failed'],
    ['host=db user=app password=hunter2 sslmode=require', 'hunter2', 'host=db user=app password=*** sslmode=require'],
    ["host=db password='hunter 2' sslmode=require", 'hunter', 'host=db password=*** sslmode=require'],
    ['{"user":"app","password":"hun\\"ter2","port":5432}', 'ter2', '{"user":"app","password":***,"port":5432}'],
    ['PGPASSWORD=hunter2', 'hunter2', 'PGPASSWORD=***'],
    ["ALTER ROLE app PASSWORD 'it''s secret'", 'secret', 'ALTER ROLE app PASSWORD ***'],
    ['CREATE ROLE app PASSWORD $tag$hunter2$tag$', 'hunter2', 'CREATE ROLE app PASSWORD ***'],
    ["CREATE ROLE app PASSWORD 'hunter2 and the line ends", 'hunter2', 'CREATE ROLE app PASSWORD ***'],
    ['query "ALTER ROLE app PASSWORD E\'hun\\\\\'ter2\'"', 'ter2', 'query "ALTER ROLE app PASSWORD ***"'],
    ['{\\"password\\": \\"hun\\\\\\"ter2\\", \\"port\\": 1}', 'ter2', '{\\"password\\": ***, \\"port\\": 1}'],
    ["OPTIONS (aws_secret_access_key 'hunter2')", 'hunter2', 'OPTIONS (aws_secret_access_key ***)'],
    ["ALTER DATABASE d SET app.secret TO 'hunter2'", 'hunter2', 'ALTER DATABASE d SET app.secret TO ***'],
    ["INSERT INTO settings VALUES ('api_key', 'hunter2')", 'hunter2', "INSERT INTO settings VALUES ('api_key', ***)"],
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
    'CREATE TABLE users (name text, password text NOT NULL, secret text)',
    'column "password" of relation "users" contains null values',
    "a 'secret' b 'c'",
    'ALTER ROLE app PASSWORD NULL',
    "Secrets Manager can't find the specified secret 'app/owner' (ResourceNotFoundException)",
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

describe('the error of the server in a reason', () => {
  const FILLER = 'INSERT INTO t VALUES (1, 2, 3);';
  const reasonOf = (lines: string[]) => (JSON.parse(renderResponse(event(), 'FAILED', 'It failed.', lines)) as { Reason: string }).Reason;

  test.each([
    ['before a statement of 100 KB in many lines', ['SQL State  : 42P01', ...Array.from({ length: 3_400 }, () => FILLER)], /SQL State {2}: 42P01/],
    ['after a statement of 1 MB in one line', [`failed to execute "${FILLER.repeat(33_000)}": ERROR: type "x" does not exist (SQLSTATE 42704)`], /type "x" does not exist \(SQLSTATE 42704\)$/],
    ['before a long detail in its line', [`ERROR: it is so (SQLSTATE 23505) DETAIL: ${'d'.repeat(9000)}`], /ERROR: it is so \(SQLSTATE 23505\) DETAIL: d+…/],
    ['between a statement and a stack trace', [FILLER.repeat(4000), 'error: relation "x" does not exist (42P01)', ...Array.from({ length: 300 }, (_, index) => `    at step (/app/${index}.js)`)], /relation "x" does not exist \(42P01\)/],
    ['in the object that Node.js prints', [...Array.from({ length: 9 }, () => FILLER), "  code: '42P01',", ...Array.from({ length: 300 }, () => FILLER)], /code: '42P01'/],
    ['without a code', ['psql:x.sql:3: ERROR:  relation "x" does not exist', ...Array.from({ length: 300 }, () => FILLER)], /ERROR: {2}relation "x" does not exist/],
    ['inside a long line of quotes and signs', [`${'ü"\\n'.repeat(5000)} ERROR: no (SQLSTATE 42P01) ${'"'.repeat(9000)}`], /ERROR: no \(SQLSTATE 42P01\)/],
  ])('%s is kept, and so is the last line', (_where, lines, expected) => {
    const reason = reasonOf([...lines, 'the end']);

    expect(reason).toMatch(new RegExp(expected, 'm'));
    expect(reason.endsWith('the end')).toBe(true);
    expect(Buffer.byteLength(renderResponse(event(), 'FAILED', 'It failed.', lines))).toBeLessThanOrEqual(RESPONSE_LIMIT_BYTES);
  });
});

describe('credentials in lines of megabytes', () => {
  test.each(['a'.repeat(3e6), 'password'.repeat(4e5), "password '".repeat(3e5), '://x'.repeat(7e5), '$$'.repeat(1e6), '\\'.repeat(3e6), 'USER '.repeat(2e5), `PASSWORD E'${'\\'.repeat(1e6)}`, `password="${'\\"'.repeat(1e5)}`].map((line) => [line.slice(0, 12), line]))('%s… are looked for in a moment', (_start, line) => {
    const begun = Date.now();
    readable(line);
    expect(Date.now() - begun).toBeLessThan(8_000);
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
