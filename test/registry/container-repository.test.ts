import { App, CfnParameter, Duration, RemovalPolicy, Stack, type Environment } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { FargateApi } from '../../src/fargate';
import { Posture } from '../../src/posture';
import { ContainerRepository, type ContainerRepositoryProps } from '../../src/registry';
import { createVpc, developmentApp, exportsOf, productionApp } from '../fargate/fixture';
import { allFlags } from '../support/feature-flags';
import { losses, synthesizeWith } from '../support/living-stack';
import { getStackOutputs, literalsOfPartition, type TemplateJson } from '../support/templates';

const COMMIT = '3f9d2ab';

function createRepository(props?: ContainerRepositoryProps, app = developmentApp(), env?: Environment): { stack: Stack; repository: ContainerRepository } {
  const stack = new Stack(app, 'Images', { env });
  return { stack, repository: new ContainerRepository(stack, 'Repository', props) };
}

function lifecycleOf(stack: Stack): { rules: Record<string, unknown>[] } {
  const [repository] = Object.values(Template.fromStack(stack).findResources('AWS::ECR::Repository')) as { Properties: { LifecyclePolicy: { LifecyclePolicyText: string } } }[];
  return JSON.parse(repository.Properties.LifecyclePolicy.LifecyclePolicyText) as { rules: Record<string, unknown>[] };
}

describe('defaults', () => {
  test.each([
    ['development', developmentApp, 'Delete', 'Delete', true],
    ['production', productionApp, 'RetainExceptOnCreate', 'Retain', false],
  ])('a repository in %s scans, keeps tags where they are, and goes as the posture says', (_posture, createApp, policy, replaced, emptyOnDelete) => {
    // WHEN
    const { stack } = createRepository(undefined, createApp());

    // THEN
    Template.fromStack(stack).hasResource('AWS::ECR::Repository', {
      DeletionPolicy: policy,
      UpdateReplacePolicy: replaced,
      Properties: {
        RepositoryName: Match.absent(),
        ImageScanningConfiguration: { ScanOnPush: true },
        ImageTagMutability: 'IMMUTABLE',
        ImageTagMutabilityExclusionFilters: Match.absent(),
        EncryptionConfiguration: Match.absent(),
        EmptyOnDelete: emptyOnDelete,
        RepositoryPolicyText: Match.absent(),
      },
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('ten tagged images and a day of untagged ones are kept', () => {
    const { stack } = createRepository();
    expect(lifecycleOf(stack).rules).toEqual([
      {
        rulePriority: 1,
        description: 'Expire untagged images',
        selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 1, countUnit: 'days' },
        action: { type: 'expire' },
      },
      {
        rulePriority: 2,
        description: 'Keep the last tagged images',
        selection: { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'imageCountMoreThan', countNumber: 10 },
        action: { type: 'expire' },
      },
    ]);
  });

  test('a repository is one resource, without a function that empties it', () => {
    const { stack } = createRepository();
    const types = Object.values((Template.fromStack(stack).toJSON() as TemplateJson).Resources).map(({ Type }) => Type);
    expect(types).toEqual(['AWS::ECR::Repository']);
  });
});

describe('options', () => {
  test('another number of images and another retention', () => {
    const { stack } = createRepository({ maxImageCount: 30, untaggedRetention: Duration.hours(48) });
    const selections = lifecycleOf(stack).rules.map(({ selection }) => (selection as { countNumber: number }).countNumber);
    expect(selections).toEqual([2, 30]);
  });

  test('tags that may move', () => {
    const { stack } = createRepository({ mutableTags: ['latest', 'dev-*'] });
    Template.fromStack(stack).hasResourceProperties('AWS::ECR::Repository', {
      ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      ImageTagMutabilityExclusionFilters: ['latest', 'dev-*'].map((value) => ({
        ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: value,
      })),
    });
  });

  test('a key of one\'s own', () => {
    // GIVEN
    const app = developmentApp();
    const key = new kms.Key(new Stack(app, 'Keys'), 'Key');

    // WHEN
    const { stack } = createRepository({ encryptionKey: key }, app);

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::ECR::Repository', { EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: Match.anyValue() } });
  });

  test.each([
    ['kept in development', developmentApp, RemovalPolicy.RETAIN, 'Retain', false],
    ['kept, unless its making fails,', developmentApp, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', false],
    ['destroyed in production', productionApp, RemovalPolicy.DESTROY, 'Delete', true],
  ])('a repository is %s where it is asked for', (_what, createApp, removalPolicy, policy, emptyOnDelete) => {
    const { stack } = createRepository({ removalPolicy }, createApp());
    Template.fromStack(stack).hasResource('AWS::ECR::Repository', { DeletionPolicy: policy, Properties: { EmptyOnDelete: emptyOnDelete } });
  });
});

describe('images', () => {
  function serviceImage(image: (repository: ContainerRepository) => ecs.ContainerImage, props?: ContainerRepositoryProps) {
    const app = developmentApp();
    const { stack: images, repository } = createRepository(props, app);
    const stack = new Stack(app, 'Services');
    const cluster = new ecs.Cluster(stack, 'Cluster', { vpc: createVpc(stack) });
    new FargateApi(stack, 'Api', { cluster, image: image(repository) });
    return { images, stack };
  }

  test('a service of another stack runs an image, and may pull from this repository only', () => {
    // WHEN
    const { images, stack } = serviceImage((repository) => repository.image(COMMIT));

    // THEN
    const template = Template.fromStack(stack);
    const repository = { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Images' }) };
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'Service', Image: { 'Fn::Join': ['', Match.arrayWith([`:${COMMIT}`])] } })]),
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], Resource: repository }),
          Match.objectLike({ Action: 'ecr:GetAuthorizationToken', Resource: '*' }),
        ]),
      },
    });
    expect(getStackOutputs(template.toJSON()).map(({ stackName }) => stackName)).toContain('Images');
    expect(exportsOf(images)).toEqual([]);
  });

  test('the repository itself works with classes of CDK', () => {
    const { stack } = serviceImage(({ repository }) => ecs.ContainerImage.fromEcrRepository(repository, COMMIT));
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Image: { 'Fn::Join': ['', Match.arrayWith([`:${COMMIT}`])] } })]),
    });
  });

  test('an image is chosen by its digest', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const { stack } = serviceImage((repository) => repository.image(digest));
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Image: { 'Fn::Join': ['', Match.arrayWith([`@${digest}`])] } })]),
    });
  });

  test('a tag may be known only at deployment', () => {
    const { stack, repository } = createRepository();
    const tag = new CfnParameter(stack, 'Tag').valueAsString;
    const task = new ecs.FargateTaskDefinition(stack, 'Task');
    task.addContainer('App', { image: repository.image(tag) });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::ECS::TaskDefinition'))).toContain('{"Ref":"Tag"}');
  });

  test.each([['latest'], ['l*']])('latest is an image where the tag %s may move', (pattern) => {
    const { repository } = createRepository({ mutableTags: [pattern] });
    expect(() => repository.image('latest')).not.toThrow();
  });
});

describe('grants', () => {
  test('a role pulls', () => {
    // GIVEN
    const { stack, repository } = createRepository();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('codebuild.amazonaws.com') });

    // WHEN
    const grant = repository.grantPull(role);

    // THEN
    expect(grant.success).toBe(true);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'] })]) },
    });
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('ecr:PutImage');
  });

  test('a pipeline pushes', () => {
    const { stack, repository } = createRepository();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('codebuild.amazonaws.com') });
    repository.grantPush(role);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['ecr:CompleteLayerUpload', 'ecr:PutImage']) })]) },
    });
  });

  test('another account pulls by the policy of the repository', () => {
    const { stack, repository } = createRepository();
    repository.grantPull(new iam.AccountPrincipal('222222222222'));
    Template.fromStack(stack).hasResourceProperties('AWS::ECR::Repository', {
      RepositoryPolicyText: { Statement: [Match.objectLike({ Effect: 'Allow', Action: Match.arrayWith(['ecr:BatchGetImage']) })] },
    });
  });
});

describe('misuse', () => {
  test.each([[0], [1.5], [1_000_000], [-1]])('fails to keep %p images', (maxImageCount) => {
    expect(() => createRepository({ maxImageCount })).toThrow(`\`maxImageCount\` must be a whole number from 1 to 999999, got ${maxImageCount}. (at 'Images/Repository')`);
  });

  test('fails on a number of images that is known only at deployment', () => {
    const stack = new Stack(developmentApp(), 'Images');
    const maxImageCount = new CfnParameter(stack, 'Count', { type: 'Number' }).valueAsNumber;
    expect(() => new ContainerRepository(stack, 'Repository', { maxImageCount })).toThrow(/`maxImageCount` must be a whole number.*got a number that isn't known until deployment/);
  });

  test.each([[Duration.hours(12), '12 hours'], [Duration.hours(36), '1 day 12 hours'], [Duration.days(0), '0 days']])('fails to keep untagged images for %s', (untaggedRetention, text) => {
    expect(() => createRepository({ untaggedRetention })).toThrow(`\`untaggedRetention\` must be a whole number of days, at least 1, got ${text}.`);
  });

  test('fails on more than five mutable tags', () => {
    expect(() => createRepository({ mutableTags: ['a', 'b', 'c', 'd', 'e', 'f'] })).toThrow('`mutableTags` takes at most 5 tags, got 6.');
  });

  test.each([['a b'], [''], ['release/*'], ['*a*b*']])('fails on the mutable tag \'%s\'', (tag) => {
    expect(() => createRepository({ mutableTags: [tag] })).toThrow(`\`mutableTags\` has the invalid pattern '${tag}'.`);
  });

  test.each([['a b'], [''], ['-first'], ['sha256:123'], ['a'.repeat(129)]])('fails on the image \'%s\'', (tag) => {
    const { repository } = createRepository();
    expect(() => repository.image(tag)).toThrow(`'${tag}' is neither a tag nor a digest of an image.`);
  });

  test('fails on latest while tags are immutable', () => {
    const { repository } = createRepository({ mutableTags: ['dev-*', 'late.t'] });
    expect(() => repository.image('latest')).toThrow(/'latest' would stay on the first image.*mutableTags: \['latest'\]/);
  });

  test('fails to take a snapshot', () => {
    expect(() => createRepository({ removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT/);
  });
});

describe('anywhere', () => {
  test('two live in one stack, with ids that never change', () => {
    const stack = new Stack(developmentApp(), 'Images');
    ['Api', 'Worker'].forEach((id) => new ContainerRepository(stack, id));
    expect(Object.keys(Template.fromStack(stack).findResources('AWS::ECR::Repository'))).toEqual(['Api9AF3637B', 'WorkerF29CA63A']);
  });

  test.each([['aws-cn', 'cn-north-1'], ['aws-us-gov', 'us-gov-west-1']])('nothing names another partition than %s', (_partition, region) => {
    const { stack, repository } = createRepository({}, productionApp(), { account: '111111111111', region });
    repository.grantPull(new iam.AccountPrincipal('222222222222'));
    expect(literalsOfPartition(Template.fromStack(stack).toJSON())).toEqual([]);
  });

  test('flags, unset or all recommended, give the same template', () => {
    const [unset, recommended] = [{}, allFlags()].map((context) => Template.fromStack(createRepository({}, productionApp({ context })).stack).toJSON());
    expect(recommended).toEqual(unset);
  });

  test('a change of posture keeps the images', () => {
    const build = (app: App) => new ContainerRepository(new Stack(app, 'Images'), 'Repository');
    const [development, production] = [Posture.development(), Posture.production()].map((posture) => synthesizeWith(posture, build));
    expect(losses(development, production)).toEqual([]);
    expect(losses(production, development)).toEqual([]);
  });

  test('the offline validator accepts it with every option', () => {
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';
    try {
      const app = productionApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      const { repository } = createRepository({ mutableTags: ['latest'], maxImageCount: 5, untaggedRetention: Duration.days(3) }, app);
      repository.grantPull(new iam.AccountPrincipal('222222222222'));
      expect(app.synth().stacks).toHaveLength(1);
    } finally {
      process.env.CDK_VALIDATION = before;
    }
  });
});
