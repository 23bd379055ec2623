import { open, reasonOf, wrong, type Answer, type HardeningRule, type Problem } from './hardening-rule';
import { spelled } from './resource-breadth';
import { canBeSecret, isSecretName, looksRandom, secretIn } from './secret-patterns';
import { isList, isMap, isSymbolic, listOf, literalText, mentionsOf, Reference, rendered, Text, Unknown, type ModelResource, type ModelValue } from '../../private/model';

interface Variable {
  readonly name: string;
  readonly value: ModelValue;
  readonly location: string;
}

function named(list: ModelValue | undefined, location: string): Variable[] {
  return listOf(list).flatMap((each) => (isMap(each) && each.Value !== undefined && !/^(PARAMETER_STORE|SECRETS_MANAGER)$/.test(literalText(each.Type) ?? '')
    ? [{ name: rendered(each.Name ?? ''), value: each.Value, location }] : []));
}

function mapped(map: ModelValue | undefined, location: string): Variable[] {
  return Object.entries(isMap(map) ? map : {}).map(([name, value]) => ({ name, value, location }));
}

/** The environment variables that a resource gives to what it runs, by type. */
const ENVIRONMENTS: { readonly [type: string]: (resource: ModelResource) => Variable[] } = {
  'AWS::ECS::TaskDefinition': (definition) => definition.list('ContainerDefinitions').flatMap((container, index) => (
    isMap(container) ? named(container.Environment, `ContainerDefinitions.${index}.Environment`) : []
  )),
  'AWS::Lambda::Function': (lambda) => mapped(lambda.value('Environment.Variables'), 'Environment.Variables'),
  'AWS::CodeBuild::Project': (project) => named(project.value('Environment.EnvironmentVariables'), 'Environment.EnvironmentVariables'),
  'AWS::Batch::JobDefinition': (job) => named(job.value('ContainerProperties.Environment'), 'ContainerProperties.Environment'),
  'AWS::AppRunner::Service': (service) => named(service.value('SourceConfiguration.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables'), 'SourceConfiguration'),
};

/** Judges one variable; a message never repeats a value. */
function judgeVariable({ name, value, location }: Variable): readonly Problem[] {
  const text = spelled(value);
  if (/\{\{resolve:(secretsmanager|ssm-secure):/.test(text)) {
    return wrong(`The variable ${name} is filled with a secret at deployment, and shown to whoever can describe it.`, location);
  }
  const kind = secretIn(text);
  if (kind !== undefined) {
    return wrong(`The variable ${name} holds ${kind}.`, location);
  }
  if (value instanceof Reference) {
    return value.attribute === 'SecretAccessKey' ? wrong(`The variable ${name} holds an AWS secret access key.`, location) : [];
  }
  if (isSecretName(name)) {
    return judgeSecretVariable(name, value, location);
  }
  return literalText(value) !== undefined && looksRandom(text) ? open(`The variable ${name} holds a random-looking value, which may be a key.`, location) : [];
}

function judgeSecretVariable(name: string, value: ModelValue, location: string): readonly Problem[] {
  if (value instanceof Unknown || (value instanceof Text && mentionsOf(value).length === 0)) {
    return open(`The variable ${name} is named like a secret, and its value is not in the templates: ${reasonOf(value)}.`, location);
  }
  return !isSymbolic(value) && canBeSecret(name, rendered(value)) ? wrong(`The variable ${name} is named like a secret, and has its value in the template.`, location) : [];
}

function judgeEnvironment(resource: ModelResource): Answer {
  const variables = ENVIRONMENTS[resource.type](resource);
  return variables.length === 0 ? undefined : variables.flatMap(judgeVariable);
}

/** What other rules look at: environments, and admin passwords of databases. */
function isJudgedElsewhere(resource: ModelResource, key: string): boolean {
  return (resource.type in ENVIRONMENTS && /^(Environment|RuntimeEnvironmentVariables)$/.test(key)) || key === 'MasterUserPassword';
}

function judgeText(resource: ModelResource, key: string, value: string | Text, path: readonly (string | number)[]): readonly Problem[] {
  const kind = secretIn(spelled(value));
  const isValue = kind === undefined && typeof value === 'string' && isSecretProperty(resource, key) && canBeSecret(key, value);
  if (kind === undefined && !isValue) {
    return [];
  }
  const location = path.join('.');
  return wrong(kind === undefined ? `${location} has a secret's value in the template.` : `${location} holds ${kind}.`, location);
}

function isSecretProperty(resource: ModelResource, key: string): boolean {
  switch (key) {
    case 'SecretString': return resource.type === 'AWS::SecretsManager::Secret';
    case 'Value': return resource.type === 'AWS::SSM::Parameter' && isSecretName(resource.text('Name')?.split('/').pop() ?? '');
    default: return isSecretName(key);
  }
}

/** Judges every text below a value, with one path that grows and shrinks, because there are many texts and few problems. */
function judgeBelow(resource: ModelResource, value: ModelValue, key: string, path: (string | number)[], problems: Problem[]): void {
  if (typeof value === 'string' || value instanceof Text) {
    problems.push(...judgeText(resource, key, value, path));
  } else if (isList(value) || isMap(value)) {
    const items: Iterable<[string | number, ModelValue]> = isList(value) ? value.entries() : Object.entries(value);
    for (const [name, each] of items) {
      if (typeof name === 'number' || !isJudgedElsewhere(resource, name)) {
        path.push(name);
        judgeBelow(resource, each, typeof name === 'string' ? name : key, path, problems);
        path.pop();
      }
    }
  }
}

export const SECRET_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-secret-in-environment',
    title: 'No environment variable holds a secret',
    why: 'Variables are shown in consoles, in task and function descriptions, and in crash reports.',
    fix: 'Use secrets: { NAME: Secret.fromSecretsManager(secret) } of the container, or read the secret in the function by its ARN.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html',
    from: 'development',
    types: Object.keys(ENVIRONMENTS),
    judge: judgeEnvironment,
  },
  {
    id: 'hardening-secret-in-template',
    title: 'No template holds a secret',
    why: 'Templates are in the repository, in a bucket, and readable by whoever can read the stack.',
    fix: 'Let Secrets Manager generate it, or refer to it with SecretValue.secretsManager().',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html#creds',
    from: 'development',
    types: ['*'],
    judge: (resource) => {
      const problems: Problem[] = [];
      judgeBelow(resource, resource.properties, '', [], problems);
      return problems;
    },
  },
];
