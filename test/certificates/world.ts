import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { KEY_ARN, LocalKms } from './local-kms';
import { CERTIFICATES_ATTRIBUTE, SignerVariable, type AuthorityProperties, type Identities, type SignerAnswer } from '../../src/certificates/certificates.contract';
import { handleAuthorityRequest } from '../../src/certificates/handler/issue-authority';
import { signRequest } from '../../src/certificates/handler/sign-request';

export const SIGNER_ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:Signer';
export const ENDPOINT = 'Postgres-Balancer-1A2b3C4d5E6f.elb.eu-central-1.amazonaws.com';
export const ADDRESSES = ['10.0.1.5', '10.0.65.9', '10.0.129.3'];
export const DAY_MILLIS = 24 * 3600 * 1000;

/** What CloudFormation gets. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/** A key of a node, and a request that the node made with it. */
export interface NodeKey {
  readonly keyFile: string;
  readonly request: string;
}

export function properties(overrides: Partial<AuthorityProperties> = {}): AuthorityProperties {
  return { Key: KEY_ARN, CommonName: 'Postgres nodes', PermittedDnsNames: [ENDPOINT], PermittedIpAddresses: ADDRESSES, ValidityDays: '3650', ...overrides };
}

export function event(overrides: object = {}, given: AuthorityProperties = properties()): CloudFormationCustomResourceEvent {
  return {
    RequestType: 'Create',
    RequestId: '7f9b0ba8-3f0e-4f7a-9d5e-1b7d3c1c9e01',
    ResponseURL: 'https://cloudformation.example/answer',
    StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/backend/1',
    ResourceType: 'Custom::CertificateAuthority',
    LogicalResourceId: 'Authority1234',
    ResourceProperties: { ServiceToken: 'arn:aws:lambda:eu-central-1:111122223333:function:Issuer', ...given },
    ...overrides,
  } as unknown as CloudFormationCustomResourceEvent;
}

/** The event of a change. */
export function update(before: AuthorityProperties, now: AuthorityProperties): CloudFormationCustomResourceEvent {
  return event({ RequestType: 'Update', PhysicalResourceId: 'Postgres nodes', OldResourceProperties: before }, now);
}

/** Identities as the construct writes them, one for each node. */
export function nodes(dnsName = ENDPOINT, addresses = ADDRESSES): Identities {
  return Object.fromEntries(addresses.map((address, index) => [`Node${index + 1}`, { commonName: `node-${index + 1}`, dnsNames: [dnsName], ipAddresses: [address] }]));
}

/** An authority: the handlers of both functions, before a key that really signs. */
export class AuthorityWorld {
  public readonly kms = new LocalKms();
  public readonly bodies: string[] = [];
  public readonly logged: object[] = [];
  /** Certificates have no fractions of seconds. */
  public now = Math.floor(Date.now() / 1000) * 1000;

  /** Answers one request of CloudFormation. */
  public async deliver(request: CloudFormationCustomResourceEvent): Promise<Answer> {
    await handleAuthorityRequest(request, {
      kms: this.kms.client,
      logGroup: '/logs/issuer',
      now: () => this.now,
      respond: async (_url, body) => {
        this.bodies.push(body);
      },
      log: (message, details) => this.logged.push({ message, ...details }),
    });
    return JSON.parse(this.bodies.at(-1)!) as Answer;
  }

  /** Certificates of the authority. */
  public async certificates(request: CloudFormationCustomResourceEvent = event()): Promise<string> {
    const { Status, Reason, Data } = await this.deliver(request);
    if (Status !== 'SUCCESS') throw new Error(Reason);
    return Data![CERTIFICATES_ATTRIBUTE];
  }

  /** Sends a payload to the signer. */
  public async sign(authorities: string, payload: unknown, qualifier: string | undefined = 'Node1', identities: Identities = nodes(), validityDays = '30'): Promise<SignerAnswer> {
    return signRequest(payload, qualifier === '' ? SIGNER_ARN : `${SIGNER_ARN}:${qualifier}`, {
      kms: this.kms.client,
      env: {
        [SignerVariable.KEY]: KEY_ARN,
        [SignerVariable.AUTHORITIES]: authorities,
        [SignerVariable.IDENTITIES]: JSON.stringify(identities),
        [SignerVariable.VALIDITY_DAYS]: validityDays,
      },
      now: () => this.now,
      log: (message, details) => this.logged.push({ message, ...details }),
    });
  }
}

/** Makes a key and a request as a node does, with the names of somebody else. */
export function nodeKey(keyArguments = ['ecparam', '-genkey', '-name', 'prime256v1', '-noout']): NodeKey {
  const folder = mkdtempSync(join(tmpdir(), 'node-key-'));
  const [keyFile, requestFile] = [join(folder, 'node.key'), join(folder, 'node.csr')];
  execFileSync('openssl', [...keyArguments, '-out', keyFile], { stdio: 'pipe' });
  execFileSync('openssl', ['req', '-new', '-key', keyFile, '-out', requestFile, '-subj', '/CN=evil.example.com', '-addext', 'subjectAltName=DNS:evil.example.com,IP:192.0.2.1', '-addext', 'basicConstraints=critical,CA:TRUE'], { stdio: 'pipe' });
  return { keyFile, request: readFileSync(requestFile, 'utf8') };
}
