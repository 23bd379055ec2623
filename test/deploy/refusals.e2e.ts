import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { setTimeout as sleep } from 'timers/promises';
import {
  CreateStackCommand, DeleteStackCommand, DescribeStackEventsCommand, DescribeStackResourcesCommand, UpdateTerminationProtectionCommand, type CreateStackCommandInput,
} from '@aws-sdk/client-cloudformation';
import { AwsCli } from './aws-cli';
import { Cloud } from './cloud';
import { Emulator, installEmulator, REGION } from './emulator';
import { freePort } from '../support/postgres-server';

const directory = mkdtempSync(path.join(tmpdir(), 'cdk-private-backend-refusals-'));
const started: { emulator?: Emulator; cloud?: Cloud; cli?: AwsCli } = {};
let count = 0;

const cloud = () => started.cloud!;

/** Runs a command of the AWS CLI, as whoever finds such a stack does. */
async function aws(command: string): Promise<void> {
  const { code, output } = await started.cli!.run(...command.split(' '));
  if (code !== 0) throw new Error(output);
}

beforeAll(async () => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  started.emulator = new Emulator({ python: await installEmulator(), port, endpoint, directory, recordedEvents: path.join(directory, 'events') });
  await started.emulator.waitUntilReady();
  started.cloud = new Cloud(endpoint);
  started.cli = await AwsCli.install(endpoint, directory);
}, 180_000);

afterAll(async () => {
  await started.emulator?.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Resources = Record<string, { readonly Type: string; readonly [attribute: string]: unknown }>;

const TOPIC = { Type: 'AWS::SNS::Topic' };
/** Its function does not exist, so that its creation always fails. */
const FAILING = { Type: 'Custom::Failing', Properties: { ServiceToken: `arn:aws:lambda:${REGION}:000000000000:function:nobody` } };

interface Ended {
  readonly name: string;
  readonly status: string;
  /** Physical ids of what is left in the stack, by logical ids. */
  readonly left: Record<string, string>;
  /** Reasons of failed events, by logical ids. */
  readonly failures: Record<string, string>;
  readonly events: string[];
}

async function create(resources: Resources, options: Partial<CreateStackCommandInput> = {}): Promise<Ended> {
  const name = `Stack${++count}`;
  await cloud().cloudFormation.send(new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify({ Resources: resources }), ...options }));
  return ended(name);
}

async function remove(name: string, retained?: string[]): Promise<Ended> {
  const { StackId = '' } = await cloud().stack(name) ?? {};
  await cloud().cloudFormation.send(new DeleteStackCommand({ StackName: name, RetainResources: retained }));
  return ended(StackId);
}

async function ended(name: string): Promise<Ended> {
  for (;;) {
    const { StackStatus: status = '', StackName: stackName = '' } = await cloud().stack(name) ?? {};
    if (!status.endsWith('_IN_PROGRESS')) {
      const { StackEvents = [] } = await cloud().cloudFormation.send(new DescribeStackEventsCommand({ StackName: name }));
      const { StackResources = [] } = await cloud().cloudFormation.send(new DescribeStackResourcesCommand({ StackName: name }));
      return {
        name: stackName,
        status,
        left: Object.fromEntries(StackResources.filter(({ ResourceStatus }) => ResourceStatus !== 'DELETE_COMPLETE').map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [LogicalResourceId, PhysicalResourceId])),
        failures: Object.fromEntries(StackEvents.filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('FAILED')).map(({ LogicalResourceId = '', ResourceStatusReason = '' }) => [LogicalResourceId, ResourceStatusReason])),
        events: StackEvents.map(({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${ResourceStatus}`).reverse(),
      };
    }
    await sleep(50);
  }
}

interface Guarded {
  readonly resource: Resources[string];
  readonly message: RegExp;
  /** By the service's own API. */
  readonly remove: (physicalId: string) => Promise<unknown>;
  readonly release: (physicalId: string) => Promise<unknown>;
}

const SERVER = { Engine: 'aurora-postgresql', MasterUsername: 'admin1', MasterUserPassword: 'only-for-tests', DeletionProtection: true };

const GUARDED: Record<string, Guarded> = {
  'a server': {
    resource: { Type: 'AWS::RDS::DBInstance', DeletionPolicy: 'Snapshot', Properties: { ...SERVER, Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', AllocatedStorage: '20' } },
    message: /Cannot delete protected DB Instance, please disable deletion protection and try again\./,
    remove: async (id) => aws(`rds delete-db-instance --db-instance-identifier ${id} --skip-final-snapshot`),
    release: async (id) => aws(`rds modify-db-instance --db-instance-identifier ${id} --no-deletion-protection --apply-immediately`),
  },
  'a cluster': {
    resource: { Type: 'AWS::RDS::DBCluster', DeletionPolicy: 'Snapshot', Properties: SERVER },
    message: /Cannot delete protected Cluster, please disable deletion protection and try again\./,
    remove: async (id) => aws(`rds delete-db-cluster --db-cluster-identifier ${id} --skip-final-snapshot`),
    release: async (id) => aws(`rds modify-db-cluster --db-cluster-identifier ${id} --no-deletion-protection --apply-immediately`),
  },
  'a load balancer': {
    resource: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'network', LoadBalancerAttributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }] } },
    message: /Load balancer 'arn:aws:elasticloadbalancing:\S+' cannot be deleted because deletion protection is enabled/,
    remove: async (id) => aws(`elbv2 delete-load-balancer --load-balancer-arn ${id}`),
    release: async (id) => aws(`elbv2 modify-load-balancer-attributes --load-balancer-arn ${id} --attributes Key=deletion_protection.enabled,Value=false`),
  },
};

/** It stands on one resource, and another stands on it. */
function between(resource: Resources[string]): Resources {
  return { Ground: TOPIC, Guarded: { ...resource, DependsOn: 'Ground' }, Above: { ...TOPIC, DependsOn: 'Guarded' } };
}

describe.each(Object.entries(GUARDED))('%s with deletion protection', (_what, { resource, message, remove: removeByApi, release }) => {
  test('is refused by its own API', async () => {
    const { left: { Guarded } } = await create({ Guarded: resource });
    await expect(removeByApi(Guarded)).rejects.toThrow(message);
    await release(Guarded);
    await removeByApi(Guarded);
  });

  test('keeps its stack in DELETE_FAILED, with what it needs and without what needs it', async () => {
    const { name, status, left: { Guarded } } = await create(between(resource));
    expect(status).toBe('CREATE_COMPLETE');
    const failed = await remove(name);
    expect(failed.status).toBe('DELETE_FAILED');
    expect(Object.keys(failed.left).sort()).toEqual(['Ground', 'Guarded']);
    expect(failed.failures).toEqual({ Guarded: expect.stringMatching(message), [name]: 'The following resource(s) failed to delete: [Guarded]. ' });
    expect(failed.events.filter((event) => event.startsWith('Ground DELETE'))).toEqual([]);
    await release(Guarded);
    expect(await remove(name)).toMatchObject({ status: 'DELETE_COMPLETE', left: {} });
  });

  test('lets the rollback of a creation end in ROLLBACK_FAILED, from which the stack can be deleted', async () => {
    const failed = await create({ ...between(resource), Failing: { ...FAILING, DependsOn: 'Above' } });
    expect(failed.status).toBe('ROLLBACK_FAILED');
    expect(Object.keys(failed.left).sort()).toEqual(['Ground', 'Guarded']);
    expect(failed.failures.Guarded).toMatch(message);
    expect((await remove(failed.name)).status).toBe('DELETE_FAILED');
    await release(failed.left.Guarded);
    expect(await remove(failed.name)).toMatchObject({ status: 'DELETE_COMPLETE', left: {} });
  });

  test('can be retained from DELETE_FAILED', async () => {
    const { name } = await create(between(resource));
    await remove(name);
    const gone = await remove(name, ['Guarded']);
    expect(gone.status).toBe('DELETE_COMPLETE');
    expect(gone.events).toEqual(expect.arrayContaining(['Guarded DELETE_SKIPPED', 'Ground DELETE_COMPLETE']));
  });

  test('is deleted where the protection is off', async () => {
    const { name, left: { Guarded } } = await create(between(resource));
    await release(Guarded);
    expect(await remove(name)).toMatchObject({ status: 'DELETE_COMPLETE', left: {} });
  });
});

test('a bucket with objects is not deleted', async () => {
  const { name, left: { Bucket } } = await create({ Bucket: { Type: 'AWS::S3::Bucket' } });
  await aws(`s3api put-object --bucket ${Bucket} --key log`);
  const failed = await remove(name);
  expect(failed).toMatchObject({ status: 'DELETE_FAILED', failures: { Bucket: expect.stringContaining('The bucket you tried to delete is not empty') } });
  await aws(`s3api delete-object --bucket ${Bucket} --key log`);
  expect((await remove(name)).status).toBe('DELETE_COMPLETE');
});

test('a stack with termination protection is not deleted, in whatever state it is', async () => {
  for (const resources of [{ Topic: TOPIC }, { Topic: TOPIC, Failing: FAILING }] as Resources[]) {
    const { name, status } = await create(resources, { EnableTerminationProtection: true });
    await expect(remove(name)).rejects.toThrow('cannot be deleted while TerminationProtection is enabled');
    expect((await cloud().stack(name))?.StackStatus).toBe(status);
    await cloud().cloudFormation.send(new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: false }));
    expect((await remove(name)).status).toBe('DELETE_COMPLETE');
  }
});

test.each([
  ['Retain', 'Topic DELETE_SKIPPED', 'Topic DELETE_SKIPPED'],
  ['RetainExceptOnCreate', 'Topic DELETE_COMPLETE', 'Topic DELETE_SKIPPED'],
  ['Delete', 'Topic DELETE_COMPLETE', 'Topic DELETE_COMPLETE'],
])('%s: the rollback of a creation ends with %s, a deletion with %s', async (policy, rolledBack, deleted) => {
  const topic = { ...TOPIC, DeletionPolicy: policy };
  const failed = await create({ Topic: topic, Failing: { ...FAILING, DependsOn: 'Topic' } });
  expect(failed).toMatchObject({ status: 'ROLLBACK_COMPLETE', events: expect.arrayContaining([rolledBack]) as string[] });
  const { name } = await create({ Topic: topic });
  expect(await remove(name)).toMatchObject({ status: 'DELETE_COMPLETE', events: expect.arrayContaining([deleted]) as string[] });
});
