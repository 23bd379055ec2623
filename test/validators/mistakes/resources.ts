import * as path from 'path';
import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Mistake } from './mistake';
import { newDatabase, newTask, newVpc } from './parts';
import { BackendCluster, FargateApi, PrivatePostgres } from '../../../src';

const SERVICE = path.join(__dirname, '..', '..', '..', 'examples', 'services', 'go-api');

/** What AWS refuses, what is lost, and what costs more than it should. */
export const RESOURCE_MISTAKES: Mistake[] = [
  {
    id: 'size-that-fargate-has-not',
    title: 'Fargate has no task of that much memory with so little CPU',
    source: 'https://github.com/aws/aws-cdk/issues/22216',
    seed: (stack, wrong) => {
      newTask(stack, {}, { cpu: 256, memoryLimitMiB: wrong ? 4096 : 1024 });
    },
    withLibrary: (stack, wrong) => new FargateApi(stack, 'Api', {
      cluster: new BackendCluster(stack, 'Cluster', { vpc: newVpc(stack) }), image: ecs.ContainerImage.fromRegistry('api'), cpu: 256, memoryLimitMiB: wrong ? 4096 : 1024,
    }),
    caughtBy: { 'library': '`memoryLimitMiB` (4096) can\'t be used with `cpu` (256)', 'cfn-lint': 'E3047' },
  },
  {
    id: 'image-for-another-processor',
    title: 'The image is built for ARM, and the task runs on x86',
    source: 'https://github.com/aws/aws-cdk/issues/17834',
    seed: (stack, wrong) => {
      newTask(stack, { image: ecs.ContainerImage.fromAsset(SERVICE, { platform: wrong ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64 }) });
    },
    caughtBy: {},
  },
  {
    id: 'logs-for-ever',
    title: 'A log group keeps everything for ever',
    source: 'https://github.com/buildkite/elastic-ci-stack-for-aws/issues/953',
    seed: (stack, wrong) => {
      new logs.LogGroup(stack, 'Logs', { retention: wrong ? logs.RetentionDays.INFINITE : logs.RetentionDays.THREE_MONTHS });
    },
    caughtBy: { 'HardeningCheck': 'hardening-log-retention', 'cdk-nag': 'NIST.800.53.R5-CloudWatchLogGroupRetentionPeriod' },
  },
  {
    id: 'bucket-emptied-with-its-stack',
    title: 'A bucket with data is emptied and deleted with its stack',
    source: 'https://github.com/aws-devtools-labs/aws-blocks/pull/168',
    seed: (stack, wrong) => {
      new s3.Bucket(stack, 'Uploads', { removalPolicy: wrong ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN, autoDeleteObjects: wrong });
    },
    caughtBy: { HardeningCheck: 'hardening-data-retained' },
  },
  {
    id: 'tags-that-move',
    title: 'A tag of the repository can be pushed again, so that two tasks of one version run different code',
    source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-2',
    seed: (stack, wrong) => {
      new ecr.Repository(stack, 'Repository', { imageTagMutability: wrong ? ecr.TagMutability.MUTABLE : ecr.TagMutability.IMMUTABLE });
    },
    caughtBy: { HardeningCheck: 'hardening-ecr-immutable-tags' },
  },
  {
    id: 'reserved-admin',
    title: 'The administrator has a name that PostgreSQL on RDS reserves',
    source: 'https://github.com/aws/aws-cdk/issues/10579',
    seed: (stack, wrong) => {
      newDatabase(stack, newVpc(stack), { credentials: rds.Credentials.fromGeneratedSecret(wrong ? 'admin' : 'postgres') });
    },
    withLibrary: (stack, wrong) => new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), adminUsername: wrong ? 'admin' : undefined }),
    caughtBy: { library: '`adminUsername` must be 1 to 63 letters' },
  },
  {
    id: 'override-in-the-wrong-case',
    title: 'An override names a property as TypeScript does, and CloudFormation does not know it',
    source: 'https://github.com/aws/aws-cdk/issues/18801',
    seed: (stack, wrong) => {
      const database = newDatabase(stack, newVpc(stack)).node.defaultChild as rds.CfnDBInstance;
      database.addPropertyOverride(wrong ? 'deletionProtection' : 'DeletionProtection', true);
    },
    caughtBy: { 'HardeningCheck': 'hardening-database-deletion-protection', 'validator': 'F3002', 'cfn-lint': 'E3002' },
  },
  {
    id: 'more-gateways-than-money',
    title: 'The VPC of a small project has a NAT gateway in each zone',
    source: 'https://github.com/aws/aws-cdk/issues/18720',
    seed: (stack, wrong) => {
      new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: wrong ? 2 : 0 });
    },
    caughtBy: { CostReport: 'cost-over-budget' },
  },
];
