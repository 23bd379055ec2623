import { App, Stack, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks } from 'cdk-nag';
import { BackendCluster, BackendNetwork, CostReport, FargateWorker, HardeningCheck, PrivateFileSystem, ReachabilityCheck, ServiceVolume } from '../../src';
import { developmentApp, IMAGE, productionApp } from '../fargate/fixture';
import { errorOf } from '../support/validated';

/** What synthesis says of a file system that a worker mounts, with checks in place. */
function said(app: App, plugins: IPolicyValidationPlugin[], change: (files: PrivateFileSystem, vpc: ec2.IVpc) => void = () => undefined): string {
  const stack = new Stack(app, 'Backend', { env: { account: '111111111111', region: 'us-east-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network');
  const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc, encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }) });
  const volumes = [ServiceVolume.efs('Uploads', { fileSystem, mountPath: '/var/uploads' })];
  new FargateWorker(stack, 'Worker', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, volumes });
  change(fileSystem, vpc);
  return errorOf(app, plugins);
}

const POSTURES: [string, () => App][] = [['development', developmentApp], ['production', productionApp]];

test.each(POSTURES)('the worker reaches its files and the internet does not, in %s', (_posture, createApp) => {
  const check = new ReachabilityCheck();
  said(createApp(), [check]);
  expect(check.report().findings).toEqual([]);
  const rules = check.report().rules.map(({ ruleId }) => ruleId);
  expect(rules).toEqual(expect.arrayContaining(['reachability-client-to-store', 'reachability-internet-to-store']));
});

test('fails where a rule that the volume brought is gone', () => {
  const check = new ReachabilityCheck();
  const text = said(developmentApp(), [check], (files) => {
    const group = files.node.findChild('SecurityGroup');
    group.node.children.filter(({ node }) => node.id.startsWith('from')).forEach(({ node }) => group.node.tryRemoveChild(node.id));
  });
  expect(text).toContain('ReachabilityCheck');
  expect(check.report().findings.map(({ message }) => message).join('\n')).toMatch(/Worker.* is given file system .*Files\/MountTarget1 and does not reach it on TCP 2049/);
});

test('fails where the world may connect to a mount target', () => {
  const check = new HardeningCheck();
  said(developmentApp(), [check], (files) => files.connections.allowDefaultPortFromAnyIpv4());
  expect(check.report().findings.map(({ message }) => message).join('\n')).toContain('NFS');
});

test.each(POSTURES)('the hardening check finds nothing about the files in %s', (_posture, createApp) => {
  const check = new HardeningCheck();
  said(createApp(), [check]);
  expect(check.report().findings.filter(({ constructPath }) => /Files|Worker/.test(String(constructPath)))).toEqual([]);
  expect(check.report().rules.map(({ ruleId }) => ruleId)).toEqual(expect.arrayContaining(['hardening-files-tls', 'hardening-volume-tls', 'hardening-storage-encryption']));
});

test('the cost report takes ten GB for given', () => {
  const report = new CostReport({ region: 'us-east-1' });
  said(developmentApp(), [report]);
  expect(report.report().lines.filter(({ priceKey }) => priceKey === 'efs-storage').map(({ monthly }) => monthly)).toEqual([3]);
  expect(report.report().unknownTypes).toEqual([]);
});

test.each(POSTURES)('of the nag packs in %s, only the rule that wants a backup plan beside the automatic one finds something', (_posture, createApp) => {
  const text = said(createApp(), [new AwsSolutionsChecks(), new NIST80053R5Checks(), new HIPAASecurityChecks()]);
  // Each finding is its message, the path of its construct and how to acknowledge it; what else is in the backend has its own tests.
  const rules = [...text.matchAll(/Backend\/(?:Files|Worker\/Volumes)\S* .*\n +Acknowledge with '\S*-(\w+)'/g)].map(([, rule]) => rule);
  expect(rules).toEqual(['EFSInBackupPlan', 'EFSInBackupPlan']);
});
