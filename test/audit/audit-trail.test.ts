import { App, CfnParameter, Duration, RemovalPolicy, Stack, type Environment } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AuditTrail, type AuditTrailProps } from '../../src/audit';
import { Posture } from '../../src/posture';
import { developmentApp, exportsOf, productionApp } from '../fargate/fixture';
import { allFlags } from '../support/feature-flags';
import { losses, replacements, synthesizeWith } from '../support/living-stack';
import { literalsOfPartition, type TemplateJson } from '../support/templates';

const TRAIL = 'AWS::CloudTrail::Trail';
/** The ARN of the trail, as it stands in policies. */
const ARN = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudtrail:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, Match.stringLikeRegexp('^:trail/audit-trail-[0-9a-f]{10}$')]] };

function createTrail(props?: AuditTrailProps, app = developmentApp(), env?: Environment): { stack: Stack; trail: AuditTrail } {
  const stack = new Stack(app, 'Audit', { env });
  return { stack, trail: new AuditTrail(stack, 'Trail', props) };
}

function idsOf(stack: Stack, type: string): string[] {
  return Object.keys(Template.fromStack(stack).findResources(type));
}

describe('defaults', () => {
  test('a trail records every region, and shows when it was tampered with', () => {
    const { stack } = createTrail();
    const [key] = idsOf(stack, 'AWS::KMS::Key');
    const [bucket] = idsOf(stack, 'AWS::S3::Bucket');
    Template.fromStack(stack).hasResourceProperties(TRAIL, {
      TrailName: Match.stringLikeRegexp('^audit-trail-[0-9a-f]{10}$'),
      IsLogging: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
      S3BucketName: { Ref: bucket },
      KMSKeyId: { 'Fn::GetAtt': [key, 'Arn'] },
      CloudWatchLogsLogGroupArn: Match.absent(),
      CloudWatchLogsRoleArn: Match.absent(),
    });
  });

  test.each([
    ['development', developmentApp, 'Delete', 30, Match.absent()],
    ['production', productionApp, 'Retain', 365, [{ StorageClass: 'GLACIER_IR', TransitionInDays: 90 }]],
  ])('its files in %s are kept as the posture says', (_posture, createApp, policy, days, transitions) => {
    // WHEN
    const { stack } = createTrail({}, createApp());

    // THEN
    const template = Template.fromStack(stack);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: policy,
      Properties: {
        BucketName: Match.absent(),
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: days, Transitions: transitions, Status: 'Enabled' })] },
      },
    });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: policy, Properties: { EnableKeyRotation: true } });
  });

  test('only this trail may write, and only its own files', () => {
    const { stack } = createTrail();
    const [bucket] = idsOf(stack, 'AWS::S3::Bucket');
    const arn = { 'Fn::GetAtt': [bucket, 'Arn'] };
    Template.fromStack(stack).hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
          { Sid: 'CloudTrailLooks', Effect: 'Allow', Action: 's3:GetBucketAcl', Principal: { Service: 'cloudtrail.amazonaws.com' }, Resource: arn, Condition: { StringEquals: { 'aws:SourceArn': ARN } } },
          {
            Sid: 'CloudTrailWrites',
            Effect: 'Allow',
            Action: 's3:PutObject',
            Principal: { Service: 'cloudtrail.amazonaws.com' },
            Resource: { 'Fn::Join': ['', [arn, '/AWSLogs/', { Ref: 'AWS::AccountId' }, '/*']] },
            Condition: { StringEquals: { 'aws:SourceArn': ARN, 's3:x-amz-acl': 'bucket-owner-full-control' } },
          },
        ],
      },
    });
  });

  test('the key serves this trail', () => {
    const { stack } = createTrail();
    const context = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudtrail:*:', { Ref: 'AWS::AccountId' }, ':trail/*']] };
    Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: [
          Match.objectLike({ Action: 'kms:*' }),
          Match.objectLike({
            Action: 'kms:GenerateDataKey*',
            Principal: { Service: 'cloudtrail.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceArn': ARN }, StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': context } },
          }),
          Match.objectLike({ Action: 'kms:DescribeKey', Principal: { Service: 'cloudtrail.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceArn': ARN } } }),
        ],
      },
    });
  });

  test('the ARN in the policies is that of the trail, which waits for them', () => {
    const { stack, trail } = createTrail();
    const [{ Properties, DependsOn }] = Object.values(Template.fromStack(stack).findResources(TRAIL)) as { Properties: { TrailName: string }; DependsOn: string[] }[];
    expect(JSON.stringify(stack.resolve(trail.trailArn))).toContain(`:trail/${Properties.TrailName}"`);
    expect(DependsOn).toEqual(expect.arrayContaining([...idsOf(stack, 'AWS::S3::BucketPolicy'), ...idsOf(stack, 'AWS::KMS::Key')]));
  });
});

describe('options', () => {
  test('events go to a log group too', () => {
    // WHEN
    const { stack, trail } = createTrail({ sendToCloudWatchLogs: true, logRetention: RetentionDays.ONE_YEAR });

    // THEN
    const [logGroup] = idsOf(stack, 'AWS::Logs::LogGroup');
    const [role] = idsOf(stack, 'AWS::IAM::Role');
    const template = Template.fromStack(stack);
    expect(stack.resolve(trail.logGroup?.logGroupArn)).toEqual({ 'Fn::GetAtt': [logGroup, 'Arn'] });
    template.hasResourceProperties(TRAIL, { CloudWatchLogsLogGroupArn: { 'Fn::GetAtt': [logGroup, 'Arn'] }, CloudWatchLogsRoleArn: { 'Fn::GetAtt': [role, 'Arn'] } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' } }] },
      Policies: [{ PolicyDocument: { Statement: [{ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [logGroup, 'Arn'] } }] } }],
    });
  });

  test('a key of another stack is told to serve the trail', () => {
    // GIVEN
    const app = developmentApp();
    const keys = new Stack(app, 'Keys');
    const encryptionKey = new kms.Key(keys, 'Key');

    // WHEN
    const { stack } = createTrail({ encryptionKey }, app);

    // THEN
    Template.fromStack(stack).resourceCountIs('AWS::KMS::Key', 0);
    Template.fromStack(keys).hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'CloudTrailEncrypts', Condition: Match.objectLike({ StringEquals: { 'aws:SourceArn': ARN } }) })]) } });
  });

  test('another retention and removal', () => {
    const { stack } = createTrail({ retention: Duration.days(90), removalPolicy: RemovalPolicy.RETAIN, sendToCloudWatchLogs: true });
    const template = Template.fromStack(stack);
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', Properties: { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90, Transitions: Match.absent() })] } } });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain' });
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain' });
  });
});

describe('misuse', () => {
  test.each([[Duration.hours(12), '0.5 days'], [Duration.days(0), '0 days']])('fails on a retention of %s', (retention, got) => {
    expect(() => createTrail({ retention })).toThrow(`\`retention\` must be a whole number of days, at least 1, got ${got}. (at 'Audit/Trail')`);
  });

  test('fails on a retention that is known only at deployment', () => {
    const stack = new Stack(developmentApp(), 'Audit');
    const retention = Duration.days(new CfnParameter(stack, 'Days', { type: 'Number' }).valueAsNumber);
    expect(() => new AuditTrail(stack, 'Trail', { retention })).toThrow('got a duration that isn\'t known until deployment (it\'s a token).');
  });

  test('fails to take a snapshot', () => {
    expect(() => createTrail({ removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT/);
  });
});

describe('anywhere', () => {
  test('two live in one stack, with ids that never change', () => {
    const stack = new Stack(developmentApp(), 'Audit');
    ['First', 'Second'].forEach((id) => new AuditTrail(stack, id));
    const names = Object.values(Template.fromStack(stack).findResources(TRAIL) as Record<string, { Properties: { TrailName: string } }>).map(({ Properties }) => Properties.TrailName);
    expect(new Set(names).size).toBe(2);
    expect([...idsOf(stack, 'AWS::S3::Bucket'), ...idsOf(stack, 'AWS::KMS::Key')]).toEqual(['FirstLogsF3ADC72B', 'SecondLogsA3996BE7', 'FirstKeyFD9ECF33', 'SecondKey89391E3A']);
  });

  test.each(['cn-north-1', 'us-gov-west-1'])('nothing names another partition in %s', (region) => {
    const { stack } = createTrail({ sendToCloudWatchLogs: true }, productionApp(), { account: '111111111111', region });
    expect(literalsOfPartition(Template.fromStack(stack).toJSON())).toEqual([]);
  });

  test('people of another stack read the files, without exports', () => {
    // GIVEN
    const app = developmentApp();
    const { stack, trail } = createTrail({}, app);
    const people = new Stack(app, 'People');
    const auditor = new Role(people, 'Auditor', { assumedBy: new AccountRootPrincipal() });

    // WHEN
    trail.bucket.grantRead(auditor);
    trail.encryptionKey.grantDecrypt(auditor);

    // THEN
    const fromAudit = { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Audit' }) };
    Template.fromStack(people).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['s3:GetObject*']), Resource: Match.arrayWith([fromAudit]) }), Match.objectLike({ Action: 'kms:Decrypt', Resource: fromAudit })] },
    });
    expect(exportsOf(stack)).toEqual([]);
  });

  test('flags, unset or all recommended, change nothing', () => {
    const [unset, recommended] = [{}, allFlags()].map((context) => Template.fromStack(createTrail({ sendToCloudWatchLogs: true }, productionApp({ context })).stack).toJSON() as TemplateJson);
    expect(recommended).toEqual(unset);
  });

  test('a change of posture loses and replaces nothing', () => {
    const build = (app: App) => new AuditTrail(new Stack(app, 'Audit'), 'Trail', { sendToCloudWatchLogs: true });
    const [development, production] = [Posture.development(), Posture.production()].map((posture) => synthesizeWith(posture, build));
    expect([...losses(development, production), ...losses(production, development), ...replacements(development, production)]).toEqual([]);
  });

  test.each([['anywhere', undefined], ['eu-central-1', 'eu-central-1'], ['cn-north-1', 'cn-north-1'], ['us-gov-west-1', 'us-gov-west-1']])('the offline validator accepts it with every option (%s)', (_where, region) => {
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';
    try {
      const app = productionApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      createTrail({ sendToCloudWatchLogs: true }, app, region === undefined ? undefined : { account: '111111111111', region });
      expect(app.synth().stacks).toHaveLength(1);
    } finally {
      process.env.CDK_VALIDATION = before;
    }
  });
});
