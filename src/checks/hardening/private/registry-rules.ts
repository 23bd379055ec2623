import { HOLDS, judgeFlag, open, reasonOf, wrong, type Answer, type HardeningRule } from './hardening-rule';
import type { World } from './world';
import { isMap, literalText, listOf, type ModelResource } from '../../private/model';

const REPOSITORY = 'AWS::ECR::Repository';

function judgeTags(repository: ModelResource): Answer {
  const value = repository.value('ImageTagMutability') ?? 'MUTABLE';
  const text = literalText(value);
  if (text === undefined) {
    return open(`Whether its tags can be moved is not decided: ${reasonOf(value)}.`, 'ImageTagMutability');
  }
  return text.startsWith('IMMUTABLE') ? HOLDS : wrong(`Its tags can be moved to other images: ImageTagMutability is ${text}.`, 'ImageTagMutability');
}

/** Whether the registry as a whole scans every repository, which counts before what a repository says. */
function registryScansAll(world: World): boolean {
  return world.model.ofType('AWS::ECR::RegistryScanningConfiguration').some((registry) => registry.list('Rules').some((rule) => (
    isMap(rule) && literalText(rule.ScanFrequency) !== 'MANUAL' && listOf(rule.RepositoryFilters).some((filter) => isMap(filter) && literalText(filter.Filter) === '*')
  )));
}

export const REGISTRY_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-ecr-immutable-tags',
    title: 'Tags of images cannot be moved',
    why: 'What was tested is what runs only as long as nobody can push another image under its tag.',
    fix: 'Set imageTagMutability to TagMutability.IMMUTABLE.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html',
    from: 'production',
    types: [REPOSITORY],
    judge: judgeTags,
  },
  {
    id: 'hardening-ecr-scan',
    title: 'Images are scanned when they are pushed',
    why: 'Known vulnerabilities should be known before the deployment.',
    fix: 'Set imageScanOnPush to true, or scan the whole registry with AWS::ECR::RegistryScanningConfiguration.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html',
    from: 'production',
    types: [REPOSITORY],
    judge: (repository, world) => (registryScansAll(world) ? HOLDS : judgeFlag(repository, 'ImageScanningConfiguration.ScanOnPush', { what: 'Scanning of pushed images' })),
  },
  {
    id: 'hardening-ecr-lifecycle',
    title: 'Old images are removed',
    why: 'Each image is paid for as long as it is kept, and an old one can still be deployed.',
    fix: 'Add lifecycleRules, such as [{ maxImageCount: 50 }].',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html',
    from: 'production',
    types: [REPOSITORY],
    judge: (repository) => (repository.value('LifecyclePolicy.LifecyclePolicyText') === undefined ? wrong('It has no lifecycle rule, so it keeps every image for ever.', 'LifecyclePolicy') : HOLDS),
  },
];
