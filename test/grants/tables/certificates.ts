import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Posture } from '../../../src';
import { CertificateAuthority } from '../../../src/certificates/certificate-authority';
import { Account } from '../account';
import type { GrantRow, GrantTable } from '../grant-table';

/** An authority with two nodes, next to a second one. */
const app = new App();
Posture.production({ terminationProtection: false }).applyTo(app);
const stack = new Stack(app, 'Certificates');
const [authority] = ['Authority', 'Other'].map((id) => new CertificateAuthority(stack, id, { commonName: id, permittedDnsNames: ['db.example.com'], permittedIpAddresses: ['10.0.1.5', '10.0.1.6'] }));
const [first, second] = [1, 2].map((number) => authority.addIdentity(`Node${number}`, { commonName: `node-${number}`, dnsNames: ['db.example.com'], ipAddresses: [`10.0.1.${number + 4}`] }));
const node = new iam.Role(stack, 'Node', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
first.grantSign(node);
const account = new Account(app);

const arn = (type: string, id: RegExp) => account.arnIn(stack, type, id);
const lambda = (id: RegExp) => arn('AWS::Lambda::Function', id);
const [signer, issuer] = [lambda(/^AuthoritySigner/), lambda(/^AuthorityIssuer/)];
const [key, otherKey] = [arn('AWS::KMS::Key', /^AuthorityKey/), arn('AWS::KMS::Key', /^OtherKey/)];
const stream = (id: RegExp) => arn('AWS::Logs::LogGroup', id).replace(/\*$/, 'log-stream:one');

const nodeRows: GrantRow[] = [
  { action: 'lambda:InvokeFunction', resources: account.text(stack, first.functionArn), decision: 'allowed', why: 'have certificates with its own names' },
  { action: 'lambda:InvokeFunction', resources: account.text(stack, second.functionArn), decision: 'denied', why: 'have certificates with the names of another node' },
  { action: 'lambda:InvokeFunction', resources: signer, decision: 'denied', why: 'invoke the signer without an alias' },
  { action: 'lambda:InvokeFunction', resources: `${signer}:$LATEST`, decision: 'denied', why: 'invoke the newest version of the signer' },
  { action: 'lambda:InvokeFunction', resources: issuer, decision: 'denied', why: 'invoke the function that issues the certificate of the authority' },
  { action: 'lambda:UpdateAlias', resources: account.text(stack, first.functionArn), decision: 'denied', why: 'change its alias' },
  { action: 'lambda:UpdateFunctionConfiguration', resources: signer, decision: 'denied', why: 'change the names' },
  { action: 'kms:Sign', resources: key, decision: 'denied', why: 'sign by itself' },
];

/** What neither function may do, whichever has its code in hand. */
const never = (own: string, foreignLog: RegExp): GrantRow[] => [
  ...['kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey'].map((action): GrantRow => ({ action, resources: key, decision: 'denied', why: 'administer the key' })),
  { action: 'kms:Sign', resources: otherKey, decision: 'denied', why: 'sign with the key of another authority' },
  { action: 'logs:PutLogEvents', resources: stream(foreignLog), decision: 'denied', why: 'write the log of the other function' },
  { action: 'lambda:InvokeFunction', resources: own, decision: 'denied', why: 'invoke itself' },
];

const issuerRows: GrantRow[] = [
  { action: 'kms:Sign', resources: key, decision: 'allowed', why: 'sign the certificate of the authority' },
  { action: 'kms:GetPublicKey', resources: key, decision: 'allowed', why: 'put the public key into it' },
  { action: 'logs:PutLogEvents', resources: stream(/^AuthorityIssuerLogs/), decision: 'allowed', why: 'write its log' },
  ...never(issuer, /^AuthoritySignerLogs/),
];

const signerRows: GrantRow[] = [
  { action: 'kms:Sign', resources: key, decision: 'allowed', why: 'sign certificates of nodes' },
  { action: 'kms:GetPublicKey', resources: key, decision: 'denied', why: 'read the public key, which is in the certificate' },
  { action: 'logs:PutLogEvents', resources: stream(/^AuthoritySignerLogs/), decision: 'allowed', why: 'write its log' },
  ...never(signer, /^AuthorityIssuerLogs/),
];

export const tables: GrantTable[] = [
  { title: 'identity of a certificate authority', covers: [], policies: account.policiesOf(node), rows: nodeRows },
  { title: 'role of the issuer of an authority', covers: [], policies: account.policiesOfRole(stack, /^AuthorityIssuerRole/), rows: issuerRows },
  { title: 'role of the signer of an authority', covers: [], policies: account.policiesOfRole(stack, /^AuthoritySignerRole/), rows: signerRows },
];
