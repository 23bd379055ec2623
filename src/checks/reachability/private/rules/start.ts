import { ECR_API, ECR_DOCKER, LOGS, PARAMETERS, S3_LAYERS, SECRETS_MANAGER } from './aws-services';
import { requireWay, type Judging } from './judge';
import { requireServices, type Need } from './need';
import { isMap, listOf, mentionsOf, rendered, Unknown, type ModelMap, type ModelResource, type ModelValue } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import type { Task } from '../graph/tasks';
import { tcp } from '../graph/traffic';
import type { AwsService } from '../hops/services';

const SEE = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html';

const IMAGE: CheckRule = {
  id: 'reachability-task-image',
  title: 'Each Fargate task can load its image',
  why: 'The image is loaded through the interface of the task. Without a way, ECS starts tasks that stop with CannotPullContainerError, for hours, and the deployment hangs.',
  fix: 'Give the subnets a NAT gateway, give the tasks a public IP address, or add the endpoints ecr.api, ecr.dkr and S3 with security groups that admit the tasks on TCP 443.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html',
};

const LOG: CheckRule = {
  id: 'reachability-task-logs',
  title: 'Each Fargate task can write its log',
  why: 'The awslogs driver opens its stream before the container runs. Without a way the task stops with ResourceInitializationError.',
  fix: 'Give the subnets a way to the internet, or add the endpoint logs with a security group that admits the tasks on TCP 443.',
  severity: 'error',
  see: SEE,
};

const SECRETS: CheckRule = {
  id: 'reachability-task-secrets',
  title: 'Each Fargate task can read its secrets',
  why: 'Secrets of a task definition are read through the interface of the task before a container runs. Without a way the task stops with ResourceInitializationError.',
  fix: 'Give the subnets a way to the internet, or add the endpoints secretsmanager or ssm with a security group that admits the tasks on TCP 443.',
  severity: 'error',
  see: SEE,
};

export const START_RULES: readonly CheckRule[] = [IMAGE, LOG, SECRETS];

/** (b) What a task needs before a line of its own code runs. */
export function judgeStart(judging: Judging): void {
  for (const task of judging.paths.network.tasks.filter(({ isFargate }) => isFargate)) {
    const { owner, network, definition } = task;
    if (network === undefined) {
      continue;
    }
    if (definition === undefined) {
      judging.evaluation.leavesOpen(IMAGE, owner, `whether ${nameOf(owner)} can start is not known: its task definition is in no template of this app.`);
      continue;
    }
    judgeTask(judging, { owner, source: network, consequence: `${nameOf(owner)} cannot start`, services: [] }, task, definition);
  }
}

function judgeTask(judging: Judging, need: Need, task: Task, definition: ModelResource): void {
  const containers = definition.list('ContainerDefinitions').filter(isMap);
  const registries = new Set(containers.map(registryOf));
  const image = [...(registries.has('ecr') || registries.has('unknown') ? [ECR_API, ECR_DOCKER, S3_LAYERS] : [])];
  if (image.length > 0) {
    requireServices(judging, IMAGE, { ...need, services: image });
  }
  if (registries.has('internet')) {
    const names = containers.filter((container) => registryOf(container) === 'internet').map(({ Image }) => rendered(Image));
    const way = `the registry of ${names.join(', ')}`;
    const answer = judging.paths.toInternet(need.source, tcp(443), 'every');
    requireWay(judging.evaluation, IMAGE, task.owner, { blocked: `${need.consequence}: no way to ${way}`, question: `${nameOf(task.owner)} reaches ${way}` }, answer);
  }
  if (containers.some((container) => isMap(container.LogConfiguration) && container.LogConfiguration.LogDriver === 'awslogs' && isHere(container.LogConfiguration, definition))) {
    requireServices(judging, LOG, { ...need, services: [LOGS] });
  }
  const secrets = secretServices(containers);
  if (secrets.length > 0) {
    requireServices(judging, SECRETS, { ...need, services: secrets });
  }
}

/** Images of ECR come from endpoints of the region; those of any other registry, ECR Public included, from the internet. */
function registryOf({ Image }: ModelMap): 'ecr' | 'internet' | 'unknown' {
  const text = rendered(Image ?? '');
  if (/\.dkr[.-]ecr[.-]/.test(text) || mentionsOf(Image).some(({ type }) => type === 'AWS::ECR::Repository')) {
    return 'ecr';
  }
  return Image instanceof Unknown || text.startsWith('${') ? 'unknown' : 'internet';
}

/** A log in another region has no endpoint here. */
function isHere({ Options }: ModelMap, definition: ModelResource): boolean {
  const region = isMap(Options) ? Options['awslogs-region'] : undefined;
  return typeof region !== 'string' || definition.template.region === undefined || region === definition.template.region;
}

function secretServices(containers: readonly ModelMap[]): AwsService[] {
  const sources = containers.flatMap((container) => [
    ...[...listOf(container.Secrets), ...logSecrets(container)].map((secret) => (isMap(secret) ? secret.ValueFrom : undefined)),
    ...(isMap(container.RepositoryCredentials) ? [container.RepositoryCredentials.CredentialsParameter] : []),
  ]);
  const services = sources.filter((source): source is ModelValue => source !== undefined).map((source) => (isParameter(source) ? PARAMETERS : SECRETS_MANAGER));
  return [...new Set(services)];
}

function logSecrets({ LogConfiguration }: ModelMap): readonly ModelValue[] {
  return isMap(LogConfiguration) ? listOf(LogConfiguration.SecretOptions) : [];
}

/** `ValueFrom` is an ARN of a secret, or the name or ARN of a parameter. */
function isParameter(source: ModelValue): boolean {
  const text = rendered(source);
  const mentioned = mentionsOf(source).some(({ type }) => type === 'AWS::SSM::Parameter');
  return mentioned || /:ssm:|:parameter\//.test(text) || (typeof source === 'string' && !source.includes(':'));
}
