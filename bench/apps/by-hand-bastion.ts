import * as fs from 'fs';
import * as path from 'path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { ByHandDatabase } from './by-hand-database';
import { createGroup, openPath } from './by-hand-parts';

const SET_UP = [
  'set -u',
  'retry() { for _ in $(seq 1 30); do "$@" && return 0; sleep 10; done; return 1; }',
  'fallocate -l 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile && echo "/swapfile none swap sw 0 0" >> /etc/fstab',
  'retry dnf install -y postgresql17',
];

const SHELL_INPUTS = {
  s3BucketName: '',
  s3KeyPrefix: '',
  s3EncryptionEnabled: false,
  cloudWatchLogGroupName: '',
  cloudWatchEncryptionEnabled: false,
  cloudWatchStreamingEnabled: false,
  kmsKeyId: '',
  runAsEnabled: false,
  runAsDefaultUser: '',
  idleSessionTimeout: '20',
};

/** An instance for Session Manager, with a shell and a tunnel to the database. */
export class ByHandBastion extends Construct {
  public readonly tunnel: ssm.CfnDocument;

  constructor(scope: Construct, id: string, vpc: ec2.IVpc, database: ByHandDatabase, root: string) {
    super(scope, id);
    const group = createGroup(this, 'Group', vpc, 'Bastion', 'Session Manager and packages');
    openPath(group, database.group, 5432, 'Bastion to the database');
    this.createInstance(vpc, group, root);
    this.createDocument('Shell', { description: 'Shell', sessionType: 'Standard_Stream', inputs: SHELL_INPUTS });
    this.tunnel = this.createDocument('Tunnel', {
      description: 'Forwards a local port to the database',
      sessionType: 'Port',
      parameters: { localPortNumber: { type: 'String', description: 'Port on your own machine', allowedPattern: '^[1-9][0-9]{0,4}$', default: '5432' } },
      properties: { type: 'LocalPortForwarding', host: database.server.endpoint, portNumber: '5432', localPortNumber: '{{ localPortNumber }}' },
    });
  }

  private createInstance(vpc: ec2.IVpc, group: ec2.SecurityGroup, root: string): void {
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'), description: 'Session Manager and nothing else' });
    role.addToPolicy(new iam.PolicyStatement({
      actions: [
        'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
      ],
      resources: ['*'],
    }));
    const userData = ec2.UserData.forLinux();
    userData.addCommands(...SET_UP, "cat > /usr/local/sbin/idle-stop <<'SCRIPT'", fs.readFileSync(path.join(root, 'lib/access/idle-stop.sh'), 'utf8'), 'SCRIPT');
    const instance = new ec2.Instance(this, 'Instance', {
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      associatePublicIpAddress: true,
      instanceType: new ec2.InstanceType('t4g.nano'),
      machineImage: ec2.MachineImage.resolveSsmParameterAtLaunch('/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64'),
      securityGroup: group,
      role,
      userData,
      userDataCausesReplacement: true,
      requireImdsv2: true,
      instanceInitiatedShutdownBehavior: ec2.InstanceInitiatedShutdownBehavior.STOP,
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }) }],
    });
    instance.node.addDependency(vpc.selectSubnets({ subnetType: ec2.SubnetType.PUBLIC }).internetConnectivityEstablished);
  }

  private createDocument(id: string, content: object): ssm.CfnDocument {
    return new ssm.CfnDocument(this, id, { content: { schemaVersion: '1.0', ...content }, documentFormat: 'JSON', documentType: 'Session', updateMethod: 'NewVersion' });
  }
}
