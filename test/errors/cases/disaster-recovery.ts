import { Stack, type Environment } from 'aws-cdk-lib';
import { InstanceClass, InstanceSize, InstanceType, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { BackendNetwork, BackupReplica, DisasterRecovery, SelfHostedPostgres, type SelfHostedPostgresProps } from '../../../src';
import { inEnvironment, type ErrorCase, type ErrorCases } from '../case';
import type { World } from '../world';

const ACCOUNT = '111111111111';
const HERE = { account: ACCOUNT, region: 'eu-west-1' };
const THERE = { account: ACCOUNT, region: 'eu-central-1' };

const replicaIn = ({ app }: World, env: Environment) => new BackupReplica(new Stack(app, 'Elsewhere', { env }), 'Replica');

const cluster = ({ stack, vpc }: World, props: Partial<SelfHostedPostgresProps>, id = 'Cluster') => new SelfHostedPostgres(stack, id, { vpc, ...props });

/** A cluster whose backups go into a copy in this environment. */
const replicates = (env: Environment): ErrorCase['mistake'] => (world) => cluster(world, { disasterRecovery: DisasterRecovery.pilotLight({ replica: replicaIn(world, env) }) });

/** A cluster of another region, made of the backups of this world's cluster. */
function recovered(world: World, props: Partial<SelfHostedPostgresProps>): SelfHostedPostgres {
  const replica = replicaIn(world, THERE);
  cluster(world, { disasterRecovery: DisasterRecovery.pilotLight({ replica }) });
  const stack = Stack.of(replica);
  const { vpc } = new BackendNetwork(stack, 'Network');
  return new SelfHostedPostgres(stack, 'Cluster', { vpc, recoverFrom: replica, ...props });
}

/** Clusters that recover in another region. */
export const DISASTER_RECOVERY: ErrorCases = {
  'BackupReplica.environment': ({ stack }) => new BackupReplica(stack, 'Replica'),
  'BackupReplica.unused': (world) => replicaIn(world, THERE),
  'DisasterRecovery.account': inEnvironment(HERE, replicates({ account: '222222222222', region: 'eu-central-1' })),
  'DisasterRecovery.environment': replicates(THERE),
  'DisasterRecovery.isolated': inEnvironment(HERE, (world) => cluster(world, {
    disasterRecovery: DisasterRecovery.pilotLight({ replica: replicaIn(world, THERE) }),
    imageId: 'ami-0123456789abcdef0',
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    instanceType: InstanceType.of(InstanceClass.T4G, InstanceSize.SMALL),
  })),
  'DisasterRecovery.region': inEnvironment(HERE, replicates(HERE)),
  'DisasterRecovery.taken': inEnvironment(HERE, (world) => {
    const disasterRecovery = DisasterRecovery.pilotLight({ replica: replicaIn(world, THERE) });
    cluster(world, { disasterRecovery });
    cluster(world, { disasterRecovery }, 'Other');
  }),
  'SelfHostedPostgres.active': (world) => cluster(world, { active: false }),
  'SelfHostedPostgres.inactive': inEnvironment(HERE, (world) => recovered(world, { active: false }).addUser('Api')),
  'SelfHostedPostgres.recoverFrom': inEnvironment(HERE, (world) => cluster(world, { recoverFrom: replicaIn(world, THERE) })),
  'SelfHostedPostgres.recoverFromAdmin': inEnvironment(HERE, (world) => recovered(world, { adminUsername: 'somebody' })),
};
