import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { dependOnKey } from '../private/keys';

/** Properties of a container repository. */
export interface ContainerRepositoryProps {
  /**
   * Tagged images that are kept, counted from the last one pushed, from 1 to 999,999. A task whose image has been expired
   * keeps running but cannot be replaced, so keep more images than you would ever roll back.
   *
   * @default 10
   */
  readonly maxImageCount?: number;

  /**
   * How long an image without a tag is kept, in whole days, at least 1.
   *
   * @default Duration.days(1)
   */
  readonly untaggedRetention?: Duration;

  /**
   * Tags that may be moved to another image, such as `latest`; `*` stands for any text. At most five.
   *
   * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
   * @default - none: a tag stays on the image that it was given to
   */
  readonly mutableTags?: string[];

  /**
   * Key that images are encrypted with. It can never change in place: another key is another repository, without the images.
   *
   * @default - ECR encrypts them with a key of S3
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the repository when it leaves the stack: destroy, together with its images, retain,
   * or retain on update or delete, which deletes an empty repository where its first deployment fails.
   *
   * @default - from the posture: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

const DEFAULT_IMAGE_COUNT = 10;
const MOST_IMAGES = 999_999;
const MOST_MUTABLE_TAGS = 5;
const UNKNOWN = 'isn\'t known until deployment (it\'s a token)';

/**
 * A private repository of container images, for pipelines that build and push images themselves.
 *
 * `ServiceImage.fromDirectory` needs none: CDK builds at deployment and pushes to the repository of its bootstrap stack.
 *
 * ## What it makes
 *
 * An ECR repository with a lifecycle policy.
 *
 * ## Defaults that matter
 *
 * Tags are immutable, so a task definition that names a tag always means the same image. Images are scanned when they are
 * pushed. The last ten tagged images are kept, and untagged ones for a day; what an image index refers to stays as long as
 * the index. When the repository leaves the stack it is deleted with its images in development and retained in production.
 *
 * ## Security considerations
 *
 * Private, encrypted, and nobody may pull or push until granted. A service that uses `image()` may pull from this repository only.
 * Results of a scan go to EventBridge (`repository.onImageScanCompleted`); nothing is blocked by them.
 *
 * ## Cost
 *
 * 0.10 USD for a GB of images a month. Scans on push are free unless the account has turned on enhanced scanning, which
 * Amazon Inspector charges for.
 *
 * @see https://aws.amazon.com/ecr/pricing/
 *
 * @example
 * import { Stack } from 'aws-cdk-lib';
 * import { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { ContainerRepository, FargateApi } from 'cdk-private-backend';
 *
 * declare const images: Stack;
 * declare const services: Stack;
 * declare const cluster: ICluster;
 * declare const commit: string;
 * const repository = new ContainerRepository(images, 'ApiImages');
 * new FargateApi(services, 'Api', { cluster, image: repository.image(commit) });
 */
export class ContainerRepository extends Construct {
  /** The repository itself. */
  public readonly repository: ecr.IRepository;

  /** Address that images are pushed to and pulled from, without a tag. */
  public readonly repositoryUri: string;

  private readonly mutableTags: string[];

  /**
   * @throws InvalidBackendError for a number of images, a retention or mutable tags that ECR does not take
   */
  constructor(scope: Construct, id: string, props: ContainerRepositoryProps = {}) {
    super(scope, id);
    this.mutableTags = props.mutableTags ?? [];
    this.validate(props);
    const repository = this.createRepository(props);
    this.repository = repository;
    this.repositoryUri = (repository.node.defaultChild as ecr.CfnRepository).attrRepositoryUri;
    describe(this, repository, () => ({ kind: 'repository' }));
  }

  /**
   * An image of this repository, for services and migrations. It must have been pushed before the deployment that uses it,
   * and built for the architecture of the task: linux/arm64 unless the service says otherwise.
   *
   * @param tagOrDigest tag of one build, such as a commit, or a digest (`sha256:…`); may be a token
   * @throws InvalidBackendError for what is neither a tag nor a digest, and for `latest` while tags are immutable
   */
  public image(tagOrDigest: string): ecs.ContainerImage {
    this.validateTag(tagOrDigest);
    return new RepositoryImage(this.repository, this.repositoryUri, tagOrDigest);
  }

  /**
   * Lets a grantee pull images of this repository, and get the token for the registry that this takes. A principal of another account is
   * written into the policy of the repository and needs permissions of its own account too.
   *
   * @param grantee a role, a user, or a principal of another account
   */
  public grantPull(grantee: iam.IGrantable): iam.Grant {
    return this.repository.grantPull(grantee);
  }

  /**
   * Lets a grantee push images, and pull them. Not delete them, nor change the repository. For the role of a pipeline.
   *
   * @param grantee a role or user
   */
  public grantPush(grantee: iam.IGrantable): iam.Grant {
    return this.repository.grantPullPush(grantee);
  }

  private createRepository(props: ContainerRepositoryProps): ecr.Repository {
    const removalPolicy = dataRemovalPolicy(this, props.removalPolicy);
    dependOnKey(this, props.encryptionKey);
    const exclusions = this.mutableTags.map((tag) => ecr.ImageTagMutabilityExclusionFilter.wildcard(tag));
    const repository = new ecr.Repository(this, 'Resource', {
      imageScanOnPush: true,
      imageTagMutability: exclusions.length > 0 ? ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION : ecr.TagMutability.IMMUTABLE,
      imageTagMutabilityExclusionFilters: exclusions.length > 0 ? exclusions : undefined,
      lifecycleRules: lifecycleRules(props),
      encryption: props.encryptionKey === undefined ? ecr.RepositoryEncryption.AES_256 : ecr.RepositoryEncryption.KMS,
      encryptionKey: props.encryptionKey,
      removalPolicy,
      // ECR refuses to delete a repository with images.
      emptyOnDelete: removalPolicy === RemovalPolicy.DESTROY,
    });
    referWeakly(repository);
    return repository;
  }

  private validate({ maxImageCount, untaggedRetention }: ContainerRepositoryProps): void {
    if (maxImageCount !== undefined && (Token.isUnresolved(maxImageCount) || !Number.isInteger(maxImageCount) || maxImageCount < 1 || maxImageCount > MOST_IMAGES)) {
      const got = Token.isUnresolved(maxImageCount) ? `a number that ${UNKNOWN}` : maxImageCount;
      throw new InvalidBackendError(this, 'ContainerRepository.maxImageCount', `\`maxImageCount\` must be a whole number from 1 to ${MOST_IMAGES}, got ${got}.`);
    }
    if (untaggedRetention !== undefined && (untaggedRetention.isUnresolved() || !isWholeDays(untaggedRetention))) {
      const got = untaggedRetention.isUnresolved() ? `a duration that ${UNKNOWN}` : untaggedRetention.toHumanString();
      throw new InvalidBackendError(this, 'ContainerRepository.untaggedRetention', `\`untaggedRetention\` must be a whole number of days, at least 1, got ${got}.`);
    }
    if (this.mutableTags.length > MOST_MUTABLE_TAGS) {
      throw new InvalidBackendError(this, 'ContainerRepository.mutableTags', `\`mutableTags\` takes at most ${MOST_MUTABLE_TAGS} tags, got ${this.mutableTags.length}. Use '*' to cover several tags, for example 'dev-*'.`);
    }
    const wrong = this.mutableTags.find((tag) => !Token.isUnresolved(tag) && !isTagPattern(tag));
    if (wrong !== undefined) {
      throw new InvalidBackendError(this, 'ContainerRepository.tagPattern', `\`mutableTags\` has the invalid pattern '${wrong}'. Use 1 to 128 letters, digits, '.', '_' and '-', with at most two '*'.`);
    }
  }

  private validateTag(tag: string): void {
    if (Token.isUnresolved(tag)) {
      return;
    }
    if (!/^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$/.test(tag)) {
      throw new InvalidBackendError(this, 'ContainerRepository.tagOrDigest', `'${tag}' is neither a tag nor a digest of an image. Use the tag of a build, for example a commit, or 'sha256:' with 64 hexadecimal digits.`);
    }
    if (tag === 'latest' && !this.mutableTags.some((pattern) => Token.isUnresolved(pattern) || matches(pattern, tag))) {
      throw new InvalidBackendError(this, 'ContainerRepository.latestTag', 'Tags of this repository are immutable, so \'latest\' would stay on the first image that is pushed with it. '
        + 'Use the tag of a build, for example a commit, or set `mutableTags: [\'latest\']` to let the tag move.');
    }
  }
}

/** CDK takes the address apart from the ARN, which in another stack takes three references and functions that CloudFormation may not nest. */
class RepositoryImage extends ecs.ContainerImage {
  constructor(private readonly repository: ecr.IRepository, private readonly repositoryUri: string, private readonly tagOrDigest: string) {
    super();
  }

  public bind(_scope: Construct, { taskDefinition }: ecs.ContainerDefinition): ecs.ContainerImageConfig {
    this.repository.grantPull(taskDefinition.obtainExecutionRole());
    return { imageName: `${this.repositoryUri}${this.tagOrDigest.startsWith('sha256:') ? '@' : ':'}${this.tagOrDigest}` };
  }
}

function lifecycleRules({ maxImageCount = DEFAULT_IMAGE_COUNT, untaggedRetention = Duration.days(1) }: ContainerRepositoryProps): ecr.LifecycleRule[] {
  return [
    { rulePriority: 1, description: 'Expire untagged images', tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: untaggedRetention },
    // Not "any": the images of an index have no tags, and would be counted too.
    { rulePriority: 2, description: 'Keep the last tagged images', tagStatus: ecr.TagStatus.TAGGED, tagPatternList: ['*'], maxImageCount },
  ];
}

function isWholeDays(duration: Duration): boolean {
  const days = duration.toDays({ integral: false });
  return Number.isInteger(days) && days >= 1;
}

function isTagPattern(pattern: string): boolean {
  return /^[0-9A-Za-z._*-]{1,128}$/.test(pattern) && pattern.split('*').length <= 3;
}

function matches(pattern: string, tag: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.]/g, '\\.')).join('.*')}$`).test(tag);
}
