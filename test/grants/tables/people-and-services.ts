import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { BackendNetwork, ContainerRepository, Posture, PrivatePostgres, RedisCache, StaticFrontend } from '../../../src';
import { Account } from '../account';
import { ACCOUNT_ID, REGION } from '../arns';
import type { GrantRow, GrantTable } from '../grant-table';

/** Grants to services, pipelines and people, of two things each, so that the other one is the near miss. */
const app = new App();
Posture.production().applyTo(app);
const stack = new Stack(app, 'Grants', { terminationProtection: true });
const consumers = new Stack(app, 'Consumers');
const { vpc } = new BackendNetwork(stack, 'Network');
const roleOf = (id: string) => new iam.Role(consumers, id, { assumedBy: new iam.AccountRootPrincipal() });

const postgres = new PrivatePostgres(stack, 'Postgres', { vpc });
const key = new kms.Key(stack, 'Key');
const users = ['Api', 'Worker'].map((id) => postgres.addUser(id, { encryptionKey: key }));
const secretReader = roleOf('SecretReader');
users[0].grantReadSecret(secretReader);

const cache = new RedisCache(stack, 'Cache', { vpc });
new RedisCache(stack, 'OtherCache', { vpc });
const cacheUsers = [cache.addUser('Api', { iamAuthentication: true }), cache.addUser('Worker', { iamAuthentication: true })];
const cacheClient = roleOf('CacheClient');
cacheUsers[0].grantConnect(cacheClient);

const repositories = ['Images', 'OtherImages'].map((id) => new ContainerRepository(stack, id));
const [puller, pusher] = ['Puller', 'Pusher'].map(roleOf);
repositories[0].grantPull(puller);
repositories[0].grantPush(pusher);

const frontends = ['Web', 'OtherWeb'].map((id) => new StaticFrontend(stack, id));
const deployer = roleOf('Deployer');
frontends[0].grantDeploy(deployer);

const account = new Account(app);

const otherRegion = (arn: string) => arn.replace(REGION, 'us-east-1');
const otherAccount = (arn: string) => arn.replace(ACCOUNT_ID, '444455556666');

const [secret, otherSecret] = users.map((user) => account.arnIn(stack, 'AWS::SecretsManager::Secret', new RegExp(`Users${user.node.id}Secret`)));
const admin = account.text(stack, postgres.adminSecret.secretArn);
const keyArn = account.text(stack, key.keyArn);
const VIA = 'kms:ViaService';

const readSecret: GrantRow[] = [
  { action: 'secretsmanager:GetSecretValue', resources: secret, decision: 'allowed', why: 'read the user\'s secret' },
  { action: 'secretsmanager:DescribeSecret', resources: secret, decision: 'allowed', why: 'see when it was changed' },
  { action: 'secretsmanager:GetSecretValue', resources: otherSecret, decision: 'denied', why: 'the secret of another user of the same database' },
  { action: 'secretsmanager:GetSecretValue', resources: admin, decision: 'denied', why: 'the secret of the admin' },
  { action: 'secretsmanager:GetSecretValue', resources: otherRegion(secret), decision: 'denied', why: 'a secret of this name in another region' },
  { action: 'secretsmanager:PutSecretValue', resources: secret, decision: 'denied', why: 'change the secret' },
  { action: 'secretsmanager:UpdateSecretVersionStage', resources: secret, decision: 'denied', why: 'make an old password the current one' },
  { action: 'secretsmanager:PutResourcePolicy', resources: secret, decision: 'denied', why: 'open the secret to others' },
  { action: 'kms:Decrypt', resources: keyArn, context: { [VIA]: `secretsmanager.${REGION}.amazonaws.com` }, decision: 'allowed', why: 'use the user\'s own key through Secrets Manager, where it has one' },
  { action: 'kms:Decrypt', resources: keyArn, decision: 'denied', why: 'use the key for anything else' },
  { action: 'kms:Decrypt', resources: keyArn, context: { [VIA]: `s3.${REGION}.amazonaws.com` }, decision: 'denied', why: 'use the key through another service' },
  { action: 'kms:GenerateDataKey', resources: keyArn, context: { [VIA]: `secretsmanager.${REGION}.amazonaws.com` }, decision: 'denied', why: 'encrypt with the key' },
];

const group = account.arnIn(stack, 'AWS::ElastiCache::ReplicationGroup', /^Cache/);
const otherGroup = account.arnIn(stack, 'AWS::ElastiCache::ReplicationGroup', /^OtherCache/);
const [user, otherUser] = cacheUsers.map(({ node }) => account.arnIn(stack, 'AWS::ElastiCache::User', new RegExp(`^CacheUsers${node.id}`)));

const connect: GrantRow[] = [
  { action: 'elasticache:Connect', resources: [group, user], decision: 'allowed', why: 'log in to the cache as this user' },
  { action: 'elasticache:Connect', resources: [group, otherUser], decision: 'denied', why: 'log in as another user' },
  { action: 'elasticache:Connect', resources: [otherGroup, user], decision: 'denied', why: 'log in to another cache' },
  { action: 'elasticache:Connect', resources: [otherRegion(group), otherRegion(user)], decision: 'denied', why: 'log in to a cache of another region' },
  { action: 'elasticache:ModifyUser', resources: user, decision: 'denied', why: 'change what the user may do' },
  { action: 'elasticache:ModifyReplicationGroup', resources: group, decision: 'denied', why: 'change the cache' },
];

const [repository, otherRepository] = repositories.map((each) => account.text(stack, each.repository.repositoryArn));
const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'];
const PUSH = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage'];

function images(push: boolean): GrantRow[] {
  return [
    { action: 'ecr:GetAuthorizationToken', resources: '*', decision: 'allowed', why: 'get a token for the registry, which alone opens no repository' },
    ...PULL.map((action): GrantRow => ({ action, resources: repository, decision: 'allowed', why: 'pull images' })),
    ...PULL.map((action): GrantRow => ({ action, resources: otherRepository, decision: 'denied', why: 'pull from another repository' })),
    ...PUSH.map((action): GrantRow => ({ action, resources: repository, decision: push ? 'allowed' : 'denied', why: 'push images' })),
    ...PUSH.map((action): GrantRow => ({ action, resources: otherRepository, decision: 'denied', why: 'push to another repository' })),
    { action: 'ecr:BatchGetImage', resources: otherAccount(repository), decision: 'denied', why: 'pull from a repository of this name in another account' },
    { action: 'ecr:BatchDeleteImage', resources: repository, decision: 'denied', why: 'delete images' },
    { action: 'ecr:PutImageTagMutability', resources: repository, decision: 'denied', why: 'let tags move' },
    { action: 'ecr:SetRepositoryPolicy', resources: repository, decision: 'denied', why: 'open the repository to others' },
    { action: 'ecr:DescribeImages', resources: repository, decision: 'denied', why: 'list images' },
  ];
}

const buckets = ['Web', 'OtherWeb'].map((id) => account.arnIn(stack, 'AWS::S3::Bucket', new RegExp(`^${id}[0-9A-F]{8}$`)));
const distributions = ['Web', 'OtherWeb'].map((id) => account.arnIn(stack, 'AWS::CloudFront::Distribution', new RegExp(`^${id}Distribution`)));

const deploy: GrantRow[] = [
  { action: 's3:ListBucket', resources: buckets[0], decision: 'allowed', why: 'list the files' },
  { action: 's3:PutObject', resources: `${buckets[0]}/assets/index-1a2b.js`, decision: 'allowed', why: 'write a file' },
  { action: 's3:DeleteObject', resources: `${buckets[0]}/old.html`, decision: 'allowed', why: 'delete a file' },
  { action: 's3:AbortMultipartUpload', resources: `${buckets[0]}/large.bin`, decision: 'allowed', why: 'give up an upload' },
  { action: 'cloudfront:CreateInvalidation', resources: distributions[0], decision: 'allowed', why: 'invalidate what CloudFront has' },
  { action: 's3:GetObject', resources: `${buckets[0]}/index.html`, decision: 'denied', why: 'read a file' },
  { action: 's3:PutObject', resources: `${buckets[1]}/index.html`, decision: 'denied', why: 'write a file of another front end' },
  { action: 's3:ListBucket', resources: buckets[1], decision: 'denied', why: 'list the files of another front end' },
  { action: 's3:PutObjectAcl', resources: `${buckets[0]}/index.html`, decision: 'denied', why: 'publish a file beside CloudFront' },
  { action: 's3:PutBucketPolicy', resources: buckets[0], decision: 'denied', why: 'change the policy of the bucket' },
  { action: 's3:DeleteBucket', resources: buckets[0], decision: 'denied', why: 'delete the bucket' },
  { action: 'cloudfront:CreateInvalidation', resources: distributions[1], decision: 'denied', why: 'invalidate another distribution' },
  { action: 'cloudfront:UpdateDistribution', resources: distributions[0], decision: 'denied', why: 'change the distribution, such as its origin' },
];

export const tables: GrantTable[] = [
  { title: 'secret of a PostgreSQL user', covers: ['PostgresUser.grantReadSecret'], policies: account.policiesOf(secretReader), rows: readSecret },
  { title: 'login of a cache user', covers: ['RedisUser.grantConnect'], policies: account.policiesOf(cacheClient), rows: connect },
  { title: 'pull of images', covers: ['ContainerRepository.grantPull'], policies: account.policiesOf(puller), rows: images(false) },
  { title: 'push of images', covers: ['ContainerRepository.grantPush'], policies: account.policiesOf(pusher), rows: images(true) },
  { title: 'deployment of a front end', covers: ['StaticFrontend.grantDeploy'], policies: account.policiesOf(deployer), rows: deploy },
];
