import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BackendNetwork, Posture, PrivatePostgres, SsmBastion } from '../../../src';
import { Account } from '../account';
import { ACCOUNT_ID, REGION } from '../arns';
import type { GrantRow, GrantTable } from '../grant-table';

/** Two bastions, such as those of production and of development, each with a tunnel. */
const app = new App();
Posture.production().applyTo(app);
const stack = new Stack(app, 'Bastions', { terminationProtection: true });
const { vpc } = new BackendNetwork(stack, 'Network');
const postgres = new PrivatePostgres(stack, 'Postgres', { vpc });
const bastions = ['A', 'B'].map((id) => {
  const bastion = new SsmBastion(stack, id, { vpc });
  const tunnel = bastion.addTunnel('Postgres', { target: postgres });
  const [shellUser, tunnelUser] = ['Shell', 'Tunnel'].map((kind) => new iam.Role(stack, `${kind}User${id}`, { assumedBy: new iam.AccountRootPrincipal() }));
  bastion.grantShell(shellUser);
  tunnel.grantConnect(tunnelUser);
  return { id, bastion, tunnel, shellUser, tunnelUser };
});
/** Somebody with a tunnel in production and a shell in development. */
const both = new iam.Role(stack, 'Both', { assumedBy: new iam.AccountRootPrincipal() });
bastions[0].tunnel.grantConnect(both);
bastions[1].bastion.grantShell(both);
const account = new Account(app);

const ec2 = (name: string, region = REGION) => `arn:aws:ec2:${region}:${ACCOUNT_ID}:instance/${name}`;
const document = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:document/${name}`;
const session = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:session/${name}`;
const OWNER = 'ssm:resourceTag/aws:ssmmessages:session-id';
const CHECKED = { 'ssm:SessionDocumentAccessCheck': 'true' };

const instances = bastions.map(({ bastion }) => ec2(account.text(bastion, bastion.instance.instanceId)));
const shells = bastions.map(({ bastion }) => document(account.text(bastion, bastion.shellCommand).match(/--document-name (\S+?);?(\s|$)/)![1]));
const tunnels = bastions.map(({ bastion, tunnel }) => document(account.text(bastion, tunnel.documentName)));

/** What both grants have in common, for one of the two bastions. */
function sessionRows(own: number, documents: string[], others: [string, string][]): GrantRow[] {
  const other = 1 - own;
  return [
    { action: 'ec2:StartInstances', resources: instances[own], decision: 'allowed', why: 'start the bastion' },
    { action: 'ec2:StartInstances', resources: instances[other], decision: 'denied', why: 'start another bastion' },
    { action: 'ec2:StartInstances', resources: instances[own].replace(REGION, 'us-east-1'), decision: 'denied', why: 'in another region' },
    { action: 'ec2:StopInstances', resources: instances[own], decision: 'denied', why: 'stop the bastion' },
    { action: 'ssm:StartSession', resources: [instances[own], documents[own]], context: CHECKED, decision: 'allowed', why: 'open a session with its document' },
    { action: 'ssm:StartSession', resources: instances[own], context: { 'ssm:SessionDocumentAccessCheck': 'false' }, decision: 'denied', why: 'name no document, which opens the default shell of the account' },
    { action: 'ssm:StartSession', resources: [instances[other], documents[own]], context: CHECKED, decision: 'denied', why: 'the same document on another instance' },
    { action: 'ssm:StartSession', resources: [instances[own], documents[other]], context: CHECKED, decision: 'denied', why: 'the document of another bastion' },
    ...others.map(([arn, why]): GrantRow => ({ action: 'ssm:StartSession', resources: [instances[own], arn], context: CHECKED, decision: 'denied', why })),
    { action: 'ssm:SendCommand', resources: [instances[own], 'arn:aws:ssm:eu-central-1::document/AWS-RunShellScript'], decision: 'denied', why: 'run commands' },
    { action: 'ssmmessages:OpenDataChannel', resources: session('jane-0123456789abcdef0'), decision: 'allowed', why: 'the channel of a session, for which AWS wants the token that only StartSession and ResumeSession give' },
    { action: 'ssm:TerminateSession', resources: session('jane-0123456789abcdef0'), context: { [OWNER]: 'AROAEXAMPLEGRANTEE001:jane' }, decision: 'allowed', why: 'end a session of one\'s own' },
    { action: 'ssm:TerminateSession', resources: session('joe-0123456789abcdef0'), context: { [OWNER]: 'AROAEXAMPLEGRANTEE001:joe' }, decision: 'denied', why: 'end the session of somebody else with the same role' },
    { action: 'ssm:ResumeSession', resources: session('jane-0123456789abcdef0'), context: { [OWNER]: 'AROAEXAMPLEGRANTEE001:jane' }, decision: 'allowed', why: 'resume a session of one\'s own' },
    { action: 'ssm:ResumeSession', resources: session('joe-0123456789abcdef0'), context: { [OWNER]: 'AROAEXAMPLEGRANTEE001:joe' }, decision: 'denied', why: 'resume the session of somebody else' },
    { action: 'ssm:ResumeSession', resources: session('joe-0123456789abcdef0'), decision: 'denied', why: 'a session without an owner' },
    { action: 'ssm:UpdateDocument', resources: documents[own], decision: 'denied', why: 'change the document' },
  ];
}

const STOCK: [string, string][] = [
  [`arn:aws:ssm:${REGION}::document/AWS-StartPortForwardingSessionToRemoteHost`, 'the stock document, which forwards to any host'],
  [`arn:aws:ssm:${REGION}:${ACCOUNT_ID}:document/SSM-SessionManagerRunShell`, 'the default shell of the account, by its name'],
];

const of = (decision: GrantRow['decision'], instance: number, opened: string, why: string): GrantRow => ({ action: 'ssm:StartSession', resources: [instances[instance], opened], context: CHECKED, decision, why });

const BOTH: GrantRow[] = [
  of('allowed', 0, tunnels[0], 'the tunnel'),
  of('allowed', 1, shells[1], 'the shell'),
  of('allowed', 0, shells[1], 'the shell document on the bastion of the tunnel, where the session fails for want of its user'),
  of('allowed', 1, tunnels[0], 'the tunnel on the bastion of the shell, whose security group lets it through only to its own targets'),
  of('denied', 0, shells[0], 'a shell of the bastion of the tunnel'),
  of('denied', 1, tunnels[1], 'the other tunnel'),
];

const oneByOne: GrantTable[] = bastions.flatMap(({ id, shellUser, tunnelUser }, own) => [
  {
    title: `shell on bastion ${id}`,
    covers: ['SsmBastion.grantShell'],
    policies: account.policiesOf(shellUser),
    rows: sessionRows(own, shells, STOCK),
  },
  {
    title: `tunnel through bastion ${id}`,
    covers: ['BastionTunnel.grantConnect'],
    policies: account.policiesOf(tunnelUser),
    rows: sessionRows(own, tunnels, [...STOCK, [shells[own], 'a shell of the same bastion']]),
  },
]);

export const tables: GrantTable[] = [
  ...oneByOne,
  { title: 'tunnel through bastion A and shell on bastion B, of one role', covers: [], policies: account.policiesOf(both), rows: BOTH },
];
