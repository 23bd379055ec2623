import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, Stack, Token } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { PemFile } from '../../src/trust';

const FILE = path.join(__dirname, '../ingress/certificates/authority.pem');
const TEXT = readFileSync(FILE, 'utf8');
const KEY = '-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----';

const newStack = () => new Stack(new App(), 'Stack');

test('a text becomes the same asset as a file that holds it', () => {
  const [stack, other] = [newStack(), newStack()];
  const fromText = PemFile.fromText(TEXT).bind(stack, 'Pem');
  expect(fromText.key).toBe(PemFile.fromPath(FILE).bind(other, 'Pem').key);
  expect(fromText).toMatchObject({ text: TEXT, key: expect.stringMatching(/\.pem$/) });
});

test('a file and a text are read, and so is a text that is known only at deployment', () => {
  const stack = newStack();
  const token = Token.asString({ Ref: 'Certificates' });
  expect([PemFile.fromPath(FILE), PemFile.fromText(TEXT), PemFile.fromText(token)].map((file) => file._read(stack))).toEqual([TEXT, TEXT, token]);
});

test('an object in a bucket stays where it is', () => {
  const stack = newStack();
  const bucket = Bucket.fromBucketName(stack, 'Bucket', 'certificates');
  expect(PemFile.fromBucket(bucket, 'ca.pem', 'v1').bind(stack, 'Pem')).toEqual({ bucket, key: 'ca.pem', objectVersion: 'v1' });
});

test.each<[string, RegExp, (stack: Stack) => unknown]>([
  ['a text with a private key that is uploaded', /PemFile\.privateKey/, (stack) => PemFile.fromText(KEY).bind(stack, 'Pem')],
  ['a text with a private key that is read', /PemFile\.privateKey/, (stack) => PemFile.fromText(TEXT + KEY)._read(stack)],
  ['a file that is not there', /can't be read \(looked at '.*\/missing\.pem'\).*PemFile\.notReadable/, (stack) => PemFile.fromPath('missing.pem').bind(stack, 'Pem')],
  ['a text that is a token, where it is uploaded', /PemFile\.tokenText/, (stack) => PemFile.fromText(Token.asString({ Ref: 'X' })).bind(stack, 'Pem')],
  ['an object in a bucket, where the text is needed', /PemFile\.inBucket/, (stack) => PemFile.fromBucket(Bucket.fromBucketName(stack, 'Bucket', 'certificates'), 'ca.pem')._read(stack)],
])('fails for %s', (_, message, use) => {
  expect(() => use(newStack())).toThrow(message);
});
