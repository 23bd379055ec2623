import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { createGroup } from './by-hand-parts';

/** The cache of example 03, with one user and its password. CDK has no constructs of its own for it. */
export class ByHandCache extends Construct {
  public readonly group: ec2.SecurityGroup;
  public readonly host: string;
  public readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    this.group = createGroup(this, 'Group', vpc, 'Cache');
    const password = new secretsmanager.Secret(this, 'Password', {
      generateSecretString: { excludePunctuation: true, generateStringKey: 'password', passwordLength: 64, secretStringTemplate: '{}' },
    }).secretValueFromJson('password');
    const userGroup = this.createUsers(password);
    const cache = this.createReplicationGroup(vpc, userGroup);
    this.host = cache.attrPrimaryEndPointAddress;
    this.secret = new secretsmanager.Secret(this, 'Secret', {
      description: 'Redis user',
      removalPolicy: RemovalPolicy.DESTROY,
      secretObjectValue: {
        host: SecretValue.unsafePlainText(this.host),
        port: SecretValue.unsafePlainText('6379'),
        username: SecretValue.unsafePlainText('queue'),
        password,
        tls: SecretValue.unsafePlainText('true'),
        url: SecretValue.unsafePlainText(`rediss://queue:${password.unsafeUnwrap()}@${this.host}:6379`),
      },
    });
    this.secret.node.addDependency(userGroup);
  }

  private createUsers(password: SecretValue): elasticache.CfnUserGroup {
    const off = new elasticache.CfnUser(this, 'DefaultUser', {
      engine: 'redis', userId: 'rex-default', userName: 'default', accessString: 'off -@all', authenticationMode: { Type: 'no-password-required' },
    });
    const queue = new elasticache.CfnUser(this, 'QueueUser', {
      engine: 'redis',
      userId: 'rex-queue',
      userName: 'queue',
      accessString: 'on ~{rex}:* &{rex}:* +@all -@dangerous +info',
      authenticationMode: { Type: 'password', Passwords: [password.unsafeUnwrap()] },
    });
    return new elasticache.CfnUserGroup(this, 'Users', { engine: 'redis', userGroupId: 'rex', userIds: [off.ref, queue.ref] });
  }

  private createReplicationGroup(vpc: ec2.IVpc, users: elasticache.CfnUserGroup): elasticache.CfnReplicationGroup {
    const { subnetIds } = vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED });
    const parameters = new elasticache.CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: 'redis7', description: 'Parameters of a cache', properties: { 'maxmemory-policy': 'noeviction' },
    });
    return new elasticache.CfnReplicationGroup(this, 'Resource', {
      replicationGroupDescription: 'Cache',
      engine: 'redis',
      engineVersion: '7.1',
      cacheNodeType: 'cache.t4g.micro',
      numCacheClusters: 1,
      port: 6379,
      automaticFailoverEnabled: false,
      multiAzEnabled: false,
      autoMinorVersionUpgrade: true,
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      snapshotRetentionLimit: 7,
      cacheParameterGroupName: parameters.ref,
      cacheSubnetGroupName: new elasticache.CfnSubnetGroup(this, 'Subnets', { description: 'Subnets of a cache', subnetIds }).ref,
      securityGroupIds: [this.group.securityGroupId],
      userGroupIds: [users.ref],
    });
  }
}
