import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, CfnOutput, CliCredentialsStackSynthesizer, Stack } from 'aws-cdk-lib';
import { CertificateAuthority } from '../../src/certificates/certificate-authority';
import type { SignerAnswer } from '../../src/certificates/certificates.contract';
import { Posture } from '../../src/posture';
import { nodeKey } from '../certificates/world';
import { Cdk, emulateCloud } from '../deploy/cdk';
import { ACCOUNT, Emulator, REGION, installEmulator } from '../deploy/emulator';
import { freePort } from '../support/postgres-server';

const HOST = 'db.example.com';
const directory = mkdtempSync(join(tmpdir(), 'deployed-certificates-'));
const config = { region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const { request } = nodeKey();
let emulator: Emulator;
let endpoint: string;
let cdk: Cdk;
let count = 0;

beforeAll(async () => {
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}`;
  ['events', 'assemblies'].forEach((name) => mkdirSync(join(directory, name)));
  emulator = new Emulator({ python: await installEmulator(), port, endpoint, directory, recordedEvents: join(directory, 'events', 'event') });
  await emulator.waitUntilReady();
  cdk = await Cdk.find(endpoint, join(directory, 'assemblies'));
  await cdk.bootstrap();
}, 300_000);
afterAll(() => emulator.stop());

/** Deploys an authority with a node for each address, and answers with the outputs. */
async function deploy(addresses: string[]): Promise<Record<string, string>> {
  const outdir = join(directory, 'assemblies', String(++count));
  // Not by the roles of the bootstrap stack, whose policies the emulator does not understand.
  const app = new App({ outdir, analyticsReporting: false, defaultStackSynthesizer: new CliCredentialsStackSynthesizer() });
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Certificates', { env: { account: ACCOUNT, region: REGION } });
  const authority = new CertificateAuthority(stack, 'Authority', { commonName: 'Nodes', permittedDnsNames: [HOST], permittedIpAddresses: addresses });
  addresses.forEach((address, index) => {
    const { functionArn } = authority.addIdentity(`Node${index + 1}`, { commonName: `node-${index + 1}`, dnsNames: [HOST], ipAddresses: [address] });
    new CfnOutput(stack, `Signer${index + 1}`, { value: functionArn });
  });
  new CfnOutput(stack, 'Certificates', { value: authority.certificates._read(stack) });
  app.synth();
  emulateCloud(outdir);
  const { code, output } = await cdk.deploy({ directory: outdir, stackNames: ['Certificates'], changes: {} });
  if (code !== 0) throw new Error(`${output}\n${emulator.log().slice(-3000)}`);
  const { Stacks } = await new CloudFormationClient({ ...config, endpoint }).send(new DescribeStacksCommand({ StackName: 'Certificates' }));
  return Object.fromEntries(Stacks![0].Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
}

async function invoke(functionName: string): Promise<SignerAnswer & { readonly errorMessage?: string }> {
  const { Payload } = await new LambdaClient({ ...config, endpoint }).send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ request }) }));
  return JSON.parse(Buffer.from(Payload!).toString()) as SignerAnswer;
}

/** What OpenSSL says to a certificate for a node's address. */
function verify({ certificate }: SignerAnswer, authorities: string, address: string): string {
  const [ca, leaf] = [['ca.pem', authorities], ['leaf.pem', certificate]].map(([name, content]) => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  });
  return execFileSync('openssl', ['verify', '-x509_strict', '-verify_hostname', HOST, '-verify_ip', address, '-CAfile', ca, leaf], { encoding: 'utf8' }).trim();
}

test('a deployed authority signs for each alias, and goes on doing so when an address changes', async () => {
  const first = await deploy(['10.0.1.5', '10.0.65.9']);
  const [one, two] = [await invoke(first.Signer1), await invoke(first.Signer2)];
  expect(one.authorities).toBe(first.Certificates);
  expect(verify(one, first.Certificates, '10.0.1.5')).toMatch(/: OK$/);
  expect(verify(two, first.Certificates, '10.0.65.9')).toMatch(/: OK$/);

  const second = await deploy(['10.0.1.5', '10.0.66.1']);
  expect(second.Certificates).not.toBe(first.Certificates);
  expect(verify(await invoke(second.Signer2), second.Certificates, '10.0.66.1')).toMatch(/: OK$/);
  // Before and after, whoever has which certificate of the authority.
  expect(verify(two, second.Certificates, '10.0.65.9')).toMatch(/: OK$/);
  expect(verify(await invoke(second.Signer1), first.Certificates, '10.0.1.5')).toMatch(/: OK$/);
}, 300_000);

test('it fails for the function without an alias', async () => {
  const { Signer1 } = await deploy(['10.0.1.5', '10.0.66.1']);
  for (const qualifier of ['', ':$LATEST']) {
    expect((await invoke(Signer1.replace(/:Node1$/, qualifier))).errorMessage).toContain('[SIGNER_NO_IDENTITY]');
  }
}, 300_000);
