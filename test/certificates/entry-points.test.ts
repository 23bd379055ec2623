import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LocalKms, KEY_ARN } from './local-kms';
import { event, nodeKey, nodes, properties, SIGNER_ARN } from './world';
import { CERTIFICATES_ATTRIBUTE, SignerVariable } from '../../src/certificates/certificates.contract';
import { handler as issueFromSource } from '../../src/certificates/issue-authority.lambda';
import { handler as signFromSource } from '../../src/certificates/sign-certificate.lambda';

const ASSETS = join(__dirname, '..', '..', 'assets', 'certificates');
const RESPONSE_URL = 'https://answers.s3.eu-central-1.amazonaws.com/answer?signature=1';

/** What is deployed: `npx projen bundle` makes it, which every test run does first. */
function bundled<T>(name: string): { readonly handler: T } {
  const file = join(ASSETS, name, 'index.js');
  if (!existsSync(file)) throw new Error(`${file} is missing. Run \`npx projen bundle\`.`);
  return jest.requireActual(file);
}

const HANDLERS: [string, () => { issue: typeof issueFromSource; sign: typeof signFromSource }][] = [
  ['the source', () => ({ issue: issueFromSource, sign: signFromSource })],
  ['the bundles', () => ({ issue: bundled<typeof issueFromSource>('issue-authority.lambda').handler, sign: bundled<typeof signFromSource>('sign-certificate.lambda').handler })],
];

describe.each(HANDLERS)('the entry points in %s', (_what, load) => {
  const { env } = process;
  const bodies: string[] = [];
  let kms: LocalKms;

  beforeEach(() => {
    kms = new LocalKms();
    process.env = { ...env, AWS_REGION: 'eu-central-1' };
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    jest.spyOn(global, 'fetch').mockImplementation(async (_url, init) => {
      bodies.push(String(init?.body));
      return new Response(null, { status: 200 });
    });
  });
  afterEach(() => {
    kms.restore();
    process.env = env;
    jest.restoreAllMocks();
  });

  test('issue the certificate of an authority, and sign one of a node with it', async () => {
    const { issue, sign } = load();
    await issue({ ...event({}, properties({ PermittedDnsNames: ['db.example.com'] })), ResponseURL: RESPONSE_URL }, { logGroupName: '/logs/issuer' });
    const answer = JSON.parse(bodies.at(-1)!) as { Status: string; Data: Record<string, string> };
    expect(answer.Status).toBe('SUCCESS');

    const authorities = answer.Data[CERTIFICATES_ATTRIBUTE];
    Object.assign(process.env, { [SignerVariable.KEY]: KEY_ARN, [SignerVariable.AUTHORITIES]: authorities, [SignerVariable.IDENTITIES]: JSON.stringify(nodes('db.example.com')), [SignerVariable.VALIDITY_DAYS]: '30' });
    const signed = await sign({ request: nodeKey().request }, { invokedFunctionArn: `${SIGNER_ARN}:Node3` });
    expect(signed).toEqual({ certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) as string, authorities });
    await expect(sign({ request: nodeKey().request }, { invokedFunctionArn: SIGNER_ARN })).rejects.toThrow('[SIGNER_NO_IDENTITY] ');
    await expect(sign({}, { invokedFunctionArn: `${SIGNER_ARN}:Node3` })).rejects.toThrow('[SIGNER_REQUEST] ');
  });

  test('fail where KMS fails: the answer to CloudFormation says so, a node gets the error', async () => {
    const { issue, sign } = load();
    await issue({ ...event({}, properties({ Key: 'other' })), ResponseURL: RESPONSE_URL }, { logGroupName: '/logs/issuer' });
    expect(JSON.parse(bodies.at(-1)!)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('/logs/issuer') as string });
    await expect(sign({ request: nodeKey().request }, { invokedFunctionArn: `${SIGNER_ARN}:Node1` })).rejects.toThrow();
  });
});
